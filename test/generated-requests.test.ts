import { testGeneratedRequests } from './generated-requests.ts'
import { sharedDesk } from './shared-desk.ts'

const desk = sharedDesk()
testGeneratedRequests(desk.url, 100)

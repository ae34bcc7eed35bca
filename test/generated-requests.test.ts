import { rounds } from '../kernel/rounds.given.ts'
import { testGeneratedRequests } from './generated-requests.ts'
import { sharedDesk } from './shared-desk.ts'

const desk = sharedDesk()
testGeneratedRequests(desk.url, rounds(30))

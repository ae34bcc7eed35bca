// The orders that wait for an operator, because their saga cannot continue.
import { parkingOf } from '../kernel/deciding/processes/parking.ts'

export const parking = parkingOf('order')

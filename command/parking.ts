// The orders that wait for an operator, because their saga cannot go on by itself.
import { parkingOf } from '../kernel/deciding/processes/parking.ts'

export const parking = parkingOf('order')

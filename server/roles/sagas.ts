// The role `saga`: sees every order that was placed through to its end.
import type { CommandBus } from '../../command/bus/command-bus.ts'
import { placement } from '../../command/placement/placement.ts'
import { type Sagas, startSagas } from '../../command/saga/runner.ts'
import type { Ground } from '../ground.ts'
import type { Part } from '../health.ts'
import { activeOnce, type RunningRole } from './active-once.ts'

export function runSagas(ground: Ground, bus: CommandBus): Promise<RunningRole> {
  const { store, log } = ground
  return activeOnce(ground, 'sagas', async () => {
    const sagas = await startSagas({ saga: placement, store, bus, log })
    return { health: () => sagasPart(sagas), stop: () => sagas.stop() }
  })
}

function sagasPart(sagas: Sagas): Part {
  const { ok, atWork, inTrouble, error } = sagas.health()
  return { ok, detail: `${atWork} at work${inTrouble > 0 ? `, ${inTrouble} of them try again after: ${error}` : ''}` }
}

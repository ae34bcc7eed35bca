// The role `saga`: sees every order that was placed, whichever way it is coordinated, and every revision of one, through to its end.

import type { CommandBus } from '../../command/commands.ts'
import { placement } from '../../command/placement/placement.ts'
import { policies } from '../../command/placement/policies.ts'
import { revision } from '../../command/revision/revision.ts'
import { startPolicies } from '../../kernel/deciding/choreography/start-policies.ts'
import type { SagaHealth } from '../../kernel/deciding/processes/process-runner.ts'
import { startSagas } from '../../kernel/deciding/saga/start-sagas.ts'
import type { Infrastructure } from '../desk/infrastructure.ts'
import type { Part } from '../health/health.ts'
import type { Settings } from '../settings/settings.ts'
import { activeOnce, type RunningRole } from './active-once.ts'
import { allOrNone } from './all-or-none.ts'
import { reaches } from './reaches.ts'

/** A process whose commands reach nobody leaves the sagas to another one. */
export function runSagas(
  infrastructure: Infrastructure,
  bus: CommandBus,
  { placementTimeoutMs: within = placement.within }: Settings,
): Promise<RunningRole> {
  const { store, messaging, log } = infrastructure
  const start = async () => {
    const all = await allOrNone([
      startSagas({ saga: { ...placement, within }, store, bus, log }),
      startSagas({ saga: { ...revision, within }, store, bus, log }),
      startPolicies({ choreography: { ...policies, within }, store, bus, log }),
    ])
    return {
      health: () => sagasPart(all.map((sagas) => sagas.health())),
      stop: async () => void (await Promise.all(all.map((sagas) => sagas.stop()))),
    }
  }
  return activeOnce(infrastructure, 'sagas', start, messaging && reaches(messaging))
}

/** A parked order waits for an operator, and all others go on: the desk is ready all the same. */
function sagasPart(all: readonly SagaHealth[]): Part {
  const sum = (count: 'atWork' | 'inTrouble' | 'parked') => all.reduce((total, health) => total + health[count], 0)
  const figures = { atWork: sum('atWork'), inTrouble: sum('inTrouble'), parked: sum('parked') }
  const { atWork, inTrouble, parked } = figures
  const error = all.find((health) => health.error !== undefined)?.error
  const lost = all.find(({ ok }) => !ok)
  if (lost) return { ok: false, detail: `the log cannot be followed: ${lost.error}`, figures }
  const trouble = inTrouble > 0 ? `, ${inTrouble} of them ${inTrouble === 1 ? 'retries' : 'retry'} after: ${error}` : ''
  const waiting = parked > 0 ? `, ${parked} parked` : ''
  return { ok: true, detail: `${atWork} at work${trouble}${waiting}`, figures }
}

// Runs all sagas of one definition.
import { type Logger, toStderr } from '../../logger.ts'
import type { EventStore } from '../../store/event-store.ts'
import type { CommandBus } from '../bus/command-bus.ts'
import { defaultRunnerOptions, type RunnerOptions } from '../processes/process-kind.ts'
import { type Sagas, startProcesses } from '../processes/process-runner.ts'
import type { SagaDefinition } from './definition.ts'
import type { Remembered } from './remembered.ts'
import { openSagaProcess } from './saga-process.ts'

/**
 * Starts the sagas of a definition. Each continues from its state when the program last ended.
 *
 * @example const sagas = await startSagas({ saga: transfer, store, bus: handler })
 * @param options.tries how often a command may fail by its own fault before its saga is parked
 * @param options.now the clock for deadlines, in epoch milliseconds
 */
export function startSagas<Facts>(
  options: { saga: SagaDefinition<Facts>; store: EventStore; bus: CommandBus; log?: Logger } & Partial<RunnerOptions>,
): Promise<Sagas> {
  const { saga, store, bus, log = toStderr, tries, now } = { ...defaultRunnerOptions, ...options }
  return startProcesses<Remembered<Facts>>(
    {
      name: saga.name,
      reader: `${saga.name}s`,
      follows: [saga.follows],
      stories: saga.follows,
      begunBy(first) {
        if (first.type === 'Unreadable') return saga.idOfStream?.(first.stream)
        return first.type === saga.startsWith ? saga.idOf(first) : undefined
      },
      relevant: new Set([saga.startsWith, ...saga.noticing, saga.cancelledBy, ...amendedBy(saga)]),
      idOf: saga.idOf,
      storyOf: ({ stream }) => stream,
      about: saga.about,
      open: (id, remembered, runtime) => openSagaProcess({ saga, store, bus, tries, now }, id, remembered, runtime),
      steps: ({ state }) => state?.steps.length ?? 0,
    },
    { store, bus, log, now },
  )
}

function amendedBy<Facts>({ amended }: SagaDefinition<Facts>): string[] {
  return amended ? [amended.by] : []
}

// The health of the desk as Prometheus reads it, in its text format: https://prometheus.io/docs/instrumenting/exposition_formats/
import type { Health } from './health.ts'

export const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8'

/** The meanings of the figures. A figure that is not here is shown with its name alone. */
const meanings: Readonly<Record<string, string>> = {
  creditline_event_store_position: 'The position of the newest event in the log.',
  creditline_views_position: 'The position that the views of this gateway have reached.',
  creditline_views_subscriptions: 'Subscriptions that this gateway serves.',
  creditline_views_waiting: 'Queries of this gateway that wait for the views to reach a position.',
  creditline_commands_partitions: 'Partitions whose commands this process handles, of 64.',
  creditline_sagas_at_work: 'Orders and revisions in progress.',
  creditline_sagas_in_trouble: 'Orders and revisions in progress that failed and retry.',
  creditline_sagas_parked: 'Orders and revisions that wait for an operator.',
  creditline_projector_position: 'The position that the projector has reached.',
  creditline_projector_broken_documents: 'Documents that could not be folded and are out of date.',
  creditline_foreign_events: 'Skipped events since the start of the projector that no desk wrote.',
  creditline_projector_unplaced_events: 'Events since the start of the projector that a view could not place.',
}

/**
 * Gauges for the readiness, for each part, and for each figure of a part, such as `creditline_sagas_parked 2`. They are written by hand:
 * all is known from the health, and a library for metrics would bring a registry and a state that nothing here needs.
 */
export function metricsOf({ ready, parts }: Health): string {
  const metrics = [gauge('creditline_ready', 'Whether operations can be served: 1 or 0.', [['', Number(ready)]])]
  const named = Object.entries(parts)
  if (named.length > 0) {
    const samples = named.map(([part, { ok }]) => [`{part="${escaped(part)}"}`, Number(ok)] as const)
    metrics.push(gauge('creditline_part_ok', 'Whether a part of the desk is well: 1 or 0.', samples))
  }
  for (const [part, { figures = {} }] of named) {
    for (const [figure, value] of Object.entries(figures)) {
      const name = nameOf(part, figure)
      metrics.push(gauge(name, meanings[name] ?? `${figure} of ${part}.`, [['', value]]))
    }
  }
  return metrics.join('')
}

/** Foreign events are of the log; the projector counts them because it is the one that reads all of it. */
function nameOf(part: string, figure: string): string {
  return figure === 'foreignEvents' ? 'creditline_foreign_events' : `creditline_${snakeCase(part)}_${snakeCase(figure)}`
}

function gauge(name: string, meaning: string, samples: readonly (readonly [labels: string, value: number])[]): string {
  const lines = samples.map(([labels, value]) => `${name}${labels} ${value}\n`)
  return `# HELP ${name} ${meaning}\n# TYPE ${name} gauge\n${lines.join('')}`
}

function snakeCase(camelCase: string): string {
  return camelCase.replace(/[A-Z]/g, (capital) => `_${capital.toLowerCase()}`)
}

/** As the value of a label. */
function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
}

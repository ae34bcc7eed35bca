// Shows how far the import is: a bar on a terminal, plain lines in a file or a pipe.
import type { WriteStream } from 'node:tty'
import cliProgress from 'cli-progress'
import { openPace } from './pace.ts'

/** One part of the work, counted in steps. */
export interface Stage {
  step(): void
  end(): void
}

/** Begins a part of the work that has `total` steps. */
export type Progress = (title: string, total: number) => Stage

/** Progress on a stream; standard error, so that standard output has nothing but the summary. */
export function progressOn(stream: WriteStream): Progress {
  return stream.isTTY ? bars(stream) : lines((line) => stream.write(`${line}\n`))
}

// Node finds no named export Format in this CommonJS module (cli-progress 3.12.0).
const { Format, Presets, SingleBar } = cliProgress

function bars(stream: WriteStream): Progress {
  return (title, total) => {
    const pace = openPace(total)
    // It is drawn ten times a second, whether there was a step or not.
    const bar = new SingleBar(
      {
        stream,
        format: (options, { progress, value }) =>
          `${title.padEnd(9)} ${Format.BarFormat(progress, options)} ${value}/${total}  ${pace(value)}`,
        // With the figures beside it, it fits into 80 columns.
        barsize: 24,
        hideCursor: true,
      },
      Presets.shades_classic,
    )
    bar.start(total, 0)
    return { step: () => bar.increment(), end: () => bar.stop() }
  }
}

/** A line at every quarter. */
export function lines(print: (line: string) => void): Progress {
  return (title, total) => {
    let done = 0
    let quarters = 0
    const report = () => print(`${title}: ${done} of ${total}`)
    if (total === 0) report()
    return {
      step() {
        done += 1
        const reached = Math.floor((4 * done) / total)
        if (reached === quarters) return
        quarters = reached
        report()
      },
      end() {},
    }
  }
}

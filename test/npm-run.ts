// Runs an npm script as somebody does who types it.
import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { text } from 'node:stream/consumers'

export const scripts: Record<string, string> = JSON.parse(
  readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
).scripts

/** Starts a script in a process group of its own, which gets signals as a terminal's foreground group does. */
export function npmStart(script: string, args: readonly string[], env: Record<string, string> = {}): ChildProcess {
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm'
  return spawn(npm, ['run', '--silent', script, '--', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
    env: { ...process.env, ...env },
  })
}

/** Runs a script to its end. */
export async function npmRun(
  script: string,
  ...args: string[]
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const child = npmStart(script, args)
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve))
  if (!child.stdout || !child.stderr) throw new Error('no output to read')
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), ended])
  return { code, stdout, stderr }
}

// The settings of a program that cannot go on without them.
import { readSettings, type Settings, settingsHelp } from './settings.ts'

/** The settings of this process; complaints go to stderr and end it with exit code 2. */
export function settingsOrExit(): Settings {
  const settings = readSettings(process.env, process.argv.slice(2))
  if (!Array.isArray(settings)) return settings
  console.error(
    `The desk cannot start.\n${settings.map((complaint) => `- ${complaint}`).join('\n')}\n\nSettings:\n${settingsHelp}`,
  )
  process.exit(2)
}

// The installation: all native parts come built, so no package has to run a script, and npm has nothing to warn of.
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

test('every package with an install script is denied it by name, about which npm would otherwise warn', () => {
  const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8'))
  const withScripts = Object.keys(packages).filter((path) => packages[path].hasInstallScript)
  const denied = Object.fromEntries(withScripts.map((path) => [path.split('node_modules/').at(-1), false]))
  expect(JSON.parse(readFileSync('package.json', 'utf8')).allowScripts).toEqual(denied)
})

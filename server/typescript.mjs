// Lets Node run TypeScript. Newer ones do so by themselves, and start in less than half the time; for the others there is tsx.
import './process/open-files.mjs'

if (!process.features.typescript) {
  const { register } = await import('tsx/esm/api')
  register()
}

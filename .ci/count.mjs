// Adds the counts of the test reports to those of the checks, and prints the line that closes a run.
import { readFileSync } from 'node:fs'

const [passedChecks, failedChecks, ...reports] = process.argv.slice(2)
const count = { passed: Number(passedChecks), failed: Number(failedChecks), skipped: 0 }
for (const file of reports) {
  const report = JSON.parse(readFileSync(file, 'utf8'))
  count.passed += report.numPassedTests
  count.failed += report.numFailedTests
  count.skipped += report.numPendingTests + report.numTodoTests
}
console.log(`${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`)

// Ends the process with a sentence when it may open too few files even to load its modules; Node's own error would be a stack of its loader.
const LEAST = 128

// The part about the network asks name servers.
process.report.excludeNetwork = true
const limit = process.report.getReport().userLimits?.open_files?.soft
if (typeof limit === 'number' && limit < LEAST) {
  console.error(
    `This process may have ${limit} files open, but needs ${LEAST} or more, and one for each connection: raise the limit (ulimit -n).`,
  )
  process.exit(1)
}

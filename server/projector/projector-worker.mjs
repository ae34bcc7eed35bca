// Node 20 does not hand `--import` on to threads.
import '../typescript.mjs'

await import('./projector-worker.ts')

// Node 20 does not hand `--import` on to threads: the loader of TypeScript is registered here.
import { register } from 'tsx/esm/api'

register()
await import('./projector-worker.ts')

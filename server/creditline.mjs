#!/usr/bin/env node
// `npx creditline`: lets Node run TypeScript, and then the command line.
import './typescript.mjs'

await import('./creditline.ts')

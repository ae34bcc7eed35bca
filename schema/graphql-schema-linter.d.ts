// The parts of graphql-schema-linter that a test uses: the package has no types of its own.
declare module 'graphql-schema-linter/lib/configuration.js' {
  export class Configuration {
    constructor(schema: Schema, options: { rules: readonly string[] })
    getRules(): readonly Rule[]
  }
  export interface Schema {
    definition: string
    sourceMap: object
  }
  export type Rule = (...args: never[]) => unknown
}

declare module 'graphql-schema-linter/lib/validator.js' {
  import type { GraphQLError } from 'graphql'
  import type { Configuration, Rule, Schema } from 'graphql-schema-linter/lib/configuration.js'
  export function validateSchemaDefinition(
    schema: Schema,
    rules: readonly Rule[],
    configuration: Configuration,
  ): GraphQLError[]
}

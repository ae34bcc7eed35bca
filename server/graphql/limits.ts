// The limits on requests to the desk.

export const limits = {
  /** Of an HTTP body and of a WebSocket message: an order of thousands of lines fits. */
  messageBytes: 2 * 1024 * 1024,
  /** Of a document. An order with hundreds of lines written into the document fits; longer ones belong into variables. */
  tokens: 10_000,
  /** Brackets within brackets in a document, and fields within fields in an operation. Parser, validator and execution recurse, so this keeps their stack small. */
  nesting: 100,
  /** The price of an operation, see price.ts. */
  price: 60_000,
  /** Fields and fragments that are looked at to find the price, each once for each type of object and each place that selects it. */
  selections: 20_000,
  /** Errors of one operation that a client reads. */
  errors: 50,
  /** Queries and mutations being executed, HTTP and WebSocket together. */
  operations: 1_000,
  sockets: 5_000,
  /** Operations of one socket at a time, subscriptions above all. */
  operationsPerSocket: 100,
  /**
   * Queries and mutations of one socket in execution, including those that the client has completed. A fifth of `operations`: one socket
   * leaves room for the others. Twice `operationsPerSocket`: a client may complete all of them and begin as many again.
   */
  unendedPerSocket: 200,
  /** Subscriptions of one socket that have not ended, including those that the client has completed. They take no room of `operations`. */
  unendedSubscriptionsPerSocket: 1_000,
  /** The desk cuts a socket when more than this waits for its client to read it. */
  unreadBytes: 16 * 1024 * 1024,
}

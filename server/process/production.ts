// Imported before anything else: graphql-js checks more, and is slower by half on lists, unless it is told this as it loads.
process.env.NODE_ENV ??= 'production'

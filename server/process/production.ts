// Imported before anything else: graphql-js reads this as it loads. Without it, graphql-js checks more and is slower by half on lists.
process.env.NODE_ENV ??= 'production'

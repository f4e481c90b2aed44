package billing

// Postgres is a table or view with FOCUS columns in a database that speaks the
// protocol of PostgreSQL.
type Postgres struct {
	DSN   string // a secret: a URL, or keywords and values
	Table string // a name, or schema.name, as it is written in the catalogue
}

import Traffic

/// One step of the schema: a file of `migrations/`.
struct Migration {
    let version: Int64
    let name: String
    /// Of the file's bytes, in hex.
    let sha256: String
    let sql: String
}

/// Brings the schema of a database to the version this program knows, and says when that cannot be.
enum Migrations {
    static let newestVersion = Migration.embedded.last?.version ?? 0

    /// Why this database is not for us, if so. Only reads.
    static func objection(to database: borrowing Database, path: String) throws(SQLiteError) -> CaptureError? {
        let version = try database.integer("PRAGMA user_version", doing: "reading the schema version") ?? 0
        guard version <= newestVersion else {
            return CaptureError(
                .newer,
                "\(path) has schema \(version) and this overhear knows only \(newestVersion): "
                    + "use a newer overhear, or another --database"
            )
        }
        let applied = try checksums(of: database)
        for migration in Migration.embedded where migration.version <= version {
            guard applied[migration.version] == migration.sha256 else {
                return CaptureError(
                    .changed,
                    "\(path) was made with another migration \(migration.version) (\(migration.name)) than this "
                        + "overhear's: use the overhear that made it, or another --database"
                )
            }
        }
        return nil
    }

    /// Applies what is missing, each file in one transaction together with its row, and answers the names.
    static func apply(to database: borrowing Database, at time: Timestamp) throws(SQLiteError) -> [String] {
        let version = try database.integer("PRAGMA user_version", doing: "reading the schema version") ?? 0
        var names: [String] = []
        for migration in Migration.embedded where migration.version > version {
            try apply(migration, to: database, at: time)
            names.append(migration.name)
        }
        return names
    }

    private static func apply(
        _ migration: Migration,
        to database: borrowing Database,
        at time: Timestamp
    ) throws(SQLiteError) {
        let doing = "applying migration \(migration.version) (\(migration.name))"
        try database.execute("BEGIN IMMEDIATE", doing: doing)
        try database.execute(migration.sql, doing: doing)
        let row = try database.prepare("INSERT INTO schema_migrations VALUES (?, ?, ?, ?)", doing: doing)
        row.bind(migration.version, at: 1)
        row.bind(migration.name, at: 2)
        row.bind(migration.sha256, at: 3)
        row.bind(time.nanosecondsSince1970, at: 4)
        try row.run()
        try database.execute("PRAGMA user_version = \(migration.version); COMMIT", doing: doing)
    }

    private static func checksums(of database: borrowing Database) throws(SQLiteError) -> [Int64: String] {
        let doing = "reading the migrations"
        let exists = "SELECT count(*) FROM sqlite_schema WHERE name = 'schema_migrations'"
        guard try database.integer(exists, doing: doing) == 1 else { return [:] }
        let rows = try database.prepare("SELECT version, sha256 FROM schema_migrations", doing: doing)
        var checksums: [Int64: String] = [:]
        while try rows.step() {
            checksums[rows.integer(0) ?? 0] = rows.text(1)
        }
        return checksums
    }
}

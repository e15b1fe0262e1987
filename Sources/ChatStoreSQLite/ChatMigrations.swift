import GRDB

/// The database schema as a list of migrations. Never edit a released migration: databases have already applied it.
enum ChatMigrations {
    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("chats", migrate: self.createTables)
        migrator.registerMigration("placement", migrate: self.addPlacement)
        return migrator
    }

    /// Tables aren't STRICT, because text with a NUL is stored as a blob.
    @Sendable private static func createTables(in database: Database) throws {
        try database.execute(
            sql: """
                CREATE TABLE session (
                    id TEXT NOT NULL PRIMARY KEY,
                    owner TEXT NOT NULL,
                    title TEXT NOT NULL,
                    folded_title TEXT NOT NULL,
                    created_at INTEGER NOT NULL,
                    updated_at INTEGER NOT NULL,
                    last_message_at INTEGER NOT NULL,
                    message_count INTEGER NOT NULL,
                    preview TEXT NOT NULL,
                    version INTEGER NOT NULL,
                    run TEXT,
                    removed INTEGER NOT NULL DEFAULT 0
                );
                CREATE INDEX session_in_list ON session (owner, updated_at DESC, id);
                CREATE INDEX session_to_remove ON session (owner) WHERE removed;

                CREATE TABLE message (
                    session_id TEXT NOT NULL REFERENCES session (id),
                    time INTEGER NOT NULL,
                    id TEXT NOT NULL,
                    role TEXT NOT NULL,
                    kind TEXT NOT NULL,
                    content TEXT NOT NULL,
                    details TEXT,
                    run_id TEXT,
                    PRIMARY KEY (session_id, time),
                    UNIQUE (session_id, id)
                );

                CREATE TABLE secret (
                    name TEXT NOT NULL PRIMARY KEY,
                    value BLOB NOT NULL
                );
                """)
    }

    @Sendable private static func addPlacement(in database: Database) throws {
        try database.execute(
            sql: """
                ALTER TABLE session ADD COLUMN placement TEXT NOT NULL DEFAULT 'list';
                DROP INDEX session_in_list;
                CREATE INDEX session_in_list ON session (owner, (placement = 'pinned') DESC, updated_at DESC, id);
                """)
    }
}

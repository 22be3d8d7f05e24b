/// The versions a running relay consists of.
package struct BuildInfo: Equatable, Sendable {
    package var version: String
    package var swiftVersion: String
    package var sqliteVersion: String

    package init(version: String, swiftVersion: String, sqliteVersion: String) {
        self.version = version
        self.swiftVersion = swiftVersion
        self.sqliteVersion = sqliteVersion
    }
}

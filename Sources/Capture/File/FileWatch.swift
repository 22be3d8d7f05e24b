/// Notices that the database or its log is not the file any more that was opened: moved, deleted or replaced. SQLite
/// would go on writing into a file that nobody can find.
struct FileWatch {
    private let paths: CapturePaths
    private let database: CapturePaths.Sight?
    private let log: CapturePaths.Sight?

    /// To be made when both files exist.
    init(_ paths: CapturePaths) {
        self.paths = paths
        database = CapturePaths.look(at: paths.database)
        log = CapturePaths.look(at: paths.log)
    }

    /// What happened, if anything.
    var complaint: String? {
        if !Self.isStill(database, at: paths.database) { return "\(paths.database) was moved, deleted or replaced" }
        if !Self.isStill(log, at: paths.log) { return "\(paths.log) was moved, deleted or replaced" }
        return nil
    }

    private static func isStill(_ before: CapturePaths.Sight?, at path: String) -> Bool {
        guard let before else { return true }
        return CapturePaths.look(at: path)?.isSameFile(as: before) ?? false
    }
}

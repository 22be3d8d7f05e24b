import Foundation
import Testing

/// What the program refuses: one sentence that says what and what to do, an exit status, and no trace.
@Suite struct `A refusal` {
    /// Runs it in a folder, and expects one line on stderr, this status, and a folder as it was.
    private func expectRefusal(
        _ status: Int32,
        saying words: String...,
        in folder: Folder? = nil,
        of arguments: [String],
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let folder = try folder ?? Folder()
        let before = folder.contents
        let outcome = try Overhear.run(["run", "--metrics", "off"] + arguments, directory: folder.path)
        #expect(outcome.status == status, "it said: \(outcome.errors)", sourceLocation: sourceLocation)
        expectOneSentence(outcome.errors, words, sourceLocation)
        #expect(outcome.output.isEmpty, sourceLocation: sourceLocation)
        #expect(folder.contents == before, "\(folder.names)", sourceLocation: sourceLocation)
    }

    private func expectOneSentence(_ errors: String, _ words: [String], _ sourceLocation: SourceLocation) {
        let lines = errors.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.count == 2 && lines.last == "", "it said: \(errors)", sourceLocation: sourceLocation)
        #expect(errors.hasPrefix("overhear: "), "it said: \(errors)", sourceLocation: sourceLocation)
        #expect(!errors.hasPrefix("overhear: Error"), "it said: \(errors)", sourceLocation: sourceLocation)
        for word in words { #expect(errors.contains(word), "it said: \(errors)", sourceLocation: sourceLocation) }
    }

    private let route = ["--listen", "127.0.0.1:0", "--upstream", "127.0.0.1:7"]

    // MARK: - Sockets

    @Test func `of a port in use names the port and leaves no database behind`() throws {
        let ear = try Ear()
        try expectRefusal(
            69,
            saying: ear.address,
            "Address already in use",
            "--listen",
            of: ["--listen", ear.address, "--upstream", "127.0.0.1:7"]
        )
    }

    @Test func `of a metrics port in use leaves no database behind`() throws {
        let ear = try Ear()
        try expectRefusal(69, saying: ear.address, "--metrics", of: route + ["--metrics", ear.address])
    }

    @Test func `of a port that another overhear has leaves that one alone`() throws {
        try withEchoServer { server in
            try withRelay(to: server) { relay in
                try expectRefusal(
                    69,
                    saying: "another overhear",
                    of: ["--listen", relay.address, "--upstream", server, "--loops", "2"]
                )
                let client = try relay.connect()
                try client.send("still here\n")
                #expect(try client.receiveText(exactly: 11) == "still here\n")
            }
        }
    }

    @Test func `of an address that is not this machine's names it`() throws {
        try expectRefusal(69, saying: "192.0.2.1", of: ["--listen", "192.0.2.1:0", "--upstream", "127.0.0.1:7"])
    }

    @Test(arguments: ["127.0.0.1", "localhost", "0.0.0.0", "[::]", "[::ffff:127.0.0.1]", ""])
    func `of an upstream that is the relay's own listener`(host: String) throws {
        try Ear.withNobody { address in
            let port = address.split(separator: ":")[1]
            try expectRefusal(
                78,
                saying: "itself",
                "--upstream",
                of: ["--listen", ":\(port)", "--upstream", host.isEmpty ? address : "\(host):\(port)"]
            )
        }
    }

    @Test(arguments: ["127.0.0.1", "localhost", "0.0.0.0"])
    func `of an upstream that is its own listener on loopback`(host: String) throws {
        try Ear.withNobody { address in
            let port = address.split(separator: ":")[1]
            try expectRefusal(78, of: ["--listen", address, "--upstream", "\(host):\(port)"])
        }
    }

    @Test func `of routes that relay in a circle`() throws {
        try Ear.withNobody { one in
            try Ear.withNobody { other in
                try expectRefusal(
                    78,
                    of: [
                        "--route", "name=a,listen=\(one),upstream=\(other)", "--route",
                        "name=b,listen=\(other),upstream=\(one)",
                    ]
                )
            }
        }
    }

    @Test func `of a Unix socket that is the relay's own`() throws {
        let folder = try Folder()
        let path = "unix:\(folder.file("socket"))"
        try expectRefusal(78, in: folder, of: ["--listen", path, "--upstream", path])
    }

    @Test func `of a Unix socket on which another server answers leaves that one alone`() throws {
        let folder = try Folder()
        let address = "unix:\(folder.file("socket"))"
        let ear = try Ear(on: address)
        try expectRefusal(69, saying: "socket", in: folder, of: ["--listen", address, "--upstream", "127.0.0.1:7"])
        let client = try Wire(to: address)
        _ = try ear.accept()
        client.close()
    }

    @Test func `takes the files of its Unix sockets along`() throws {
        let folder = try Folder()
        try Data("Dear diary".utf8).write(to: URL(fileURLWithPath: folder.file("diary.txt")))
        let sockets = ["--listen", "unix:\(folder.file("relay"))", "--metrics", "unix:\(folder.file("metrics"))"]
        try expectRefusal(78, in: folder, of: sockets + ["--upstream", "127.0.0.1:7", "--database", "diary.txt"])
    }

    @Test func `of a listener over a file that is no socket leaves the file alone`() throws {
        let folder = try Folder()
        try Data("precious".utf8).write(to: URL(fileURLWithPath: folder.file("file")))
        try expectRefusal(
            69,
            in: folder,
            of: ["--listen", "unix:\(folder.file("file"))", "--upstream", "127.0.0.1:7"]
        )
    }

    // MARK: - Files

    @Test func `of a database that is not ours leaves every byte of it`() throws {
        let folder = try Folder()
        try succeed("sqlite3", [folder.file("other.db"), "CREATE TABLE theirs (a); INSERT INTO theirs VALUES (1)"])
        try expectRefusal(78, saying: "other.db", "--database", in: folder, of: route + ["--database", "other.db"])
    }

    @Test func `of a foreign database in WAL mode leaves every byte of it`() throws {
        let folder = try Folder()
        try succeed("sqlite3", [folder.file("other.db"), "PRAGMA journal_mode = WAL; CREATE TABLE theirs (a)"])
        try expectRefusal(78, saying: "other.db", in: folder, of: route + ["--database", "other.db"])
    }

    @Test func `of a file that is no database leaves every byte of it`() throws {
        let folder = try Folder()
        let text = String(repeating: "Dear diary, ", count: 1000)
        try Data(text.utf8).write(to: URL(fileURLWithPath: folder.file("diary.txt")))
        try expectRefusal(78, saying: "diary.txt", in: folder, of: route + ["--database", "diary.txt"])
    }

    @Test func `of a folder where a database should be`() throws {
        let folder = try Folder()
        try FileManager.default.createDirectory(atPath: folder.file("sub"), withIntermediateDirectories: false)
        try expectRefusal(78, saying: "sub", in: folder, of: route + ["--database", "sub"])
    }

    @Test func `of a database with a newer schema leaves every byte of it`() throws {
        let folder = try Folder()
        try withRelay(arguments: route + ["--metrics", "off"], folder: folder) { _ in }
        try succeed(
            "sqlite3",
            [
                folder.file("overhear.db"),
                "INSERT INTO schema_migrations VALUES (9999, 'from_the_future', '', 0); PRAGMA user_version = 9999",
            ]
        )
        try expectRefusal(78, saying: "newer", in: folder, of: route)
    }

    @Test func `of a database whose schema was changed leaves every byte of it`() throws {
        let folder = try Folder()
        try withRelay(arguments: route + ["--metrics", "off"], folder: folder) { _ in }
        try succeed("sqlite3", [folder.file("overhear.db"), "UPDATE schema_migrations SET sha256 = 'other'"])
        try expectRefusal(78, saying: "overhear.db", in: folder, of: route)
    }

    @Test func `of a database that another overhear writes leaves that one alone`() throws {
        try withEchoServer { server in
            try withRelay(to: server) { relay in
                let outcome = try Overhear.run(
                    ["run", "--metrics", "off"] + route + ["--database", relay.folder.file("overhear.db")]
                )
                #expect(outcome.status == 75)
                expectOneSentence(outcome.errors, ["overhear.db"], #_sourceLocation)
                let client = try relay.connect()
                try client.send("still recorded\n")
                #expect(try client.receiveText(exactly: 15) == "still recorded\n")
                client.close()
                try relay.settle()
                #expect(try relay.record.messages(direction: 0) == ["still recorded\n"])
            }
        }
    }

    @Test func `of a missing folder`() throws {
        try expectRefusal(73, saying: "missing/a.db", "--database", of: route + ["--database", "missing/a.db"])
    }

    @Test func `of an unwritable folder`() throws {
        let folder = try Folder()
        try FileManager.default.setAttributes([.posixPermissions: 0o555], ofItemAtPath: folder.path)
        let outcome = try Overhear.runAsNobody(
            ["run", "--metrics", "off"] + route + ["--database", folder.file("a.db")]
        )
        #expect(outcome.status == 73, "it said: \(outcome.errors)")
        expectOneSentence(outcome.errors, ["a.db", "--database"], #_sourceLocation)
        #expect(folder.names.isEmpty)
    }

    @Test func `of a database that may only be read leaves every byte of it`() throws {
        let folder = try Folder()
        try withRelay(arguments: route + ["--metrics", "off"], folder: folder) { _ in }
        for name in folder.names {
            try FileManager.default.setAttributes([.posixPermissions: 0o444], ofItemAtPath: folder.file(name))
        }
        try FileManager.default.setAttributes([.posixPermissions: 0o555], ofItemAtPath: folder.path)
        let before = folder.contents
        let outcome = try Overhear.runAsNobody(
            ["run", "--metrics", "off"] + route + ["--database", folder.file("overhear.db")]
        )
        #expect(outcome.status == 73, "it said: \(outcome.errors)")
        expectOneSentence(outcome.errors, ["overhear.db"], #_sourceLocation)
        #expect(folder.contents == before)
    }

    // MARK: - Words

    @Test(arguments: [
        ["--framing", "morse"], ["--framing", "delimiter:xyz"], ["--framing", "delimiter:"], ["--framing", "fixed:0"],
        ["--framing", "fixed:many"], ["--framing-upstream", "morse"], ["--framing-downstream", "lf:1"],
        ["--idle-timeout", "soon"], ["--idle-timeout", "10"], ["--idle-timeout", "-1s"], ["--drain-timeout", "1d"],
        ["--max-message-bytes", "lots"], ["--max-message-bytes", "0"], ["--max-message-bytes", "32MiB"],
        ["--max-message-bytes", "1GiB", "--capture-buffer", "4GiB", "--retain-bytes", "0"],
        ["--capture-buffer", "1KiB"], ["--capture-buffer", "99999999999999999999"], ["--sample-interval", "1ms"],
        ["--retain-bytes", "31MiB"], ["--retain-bytes", "little"], ["--retain-age", "1"], ["--retain-messages", "-1"],
        ["--retain-messages", "few"], ["--retain-bytes", "32MiB", "--max-message-bytes", "2MiB"],
        ["--max-sessions", "0"], ["--max-sessions", "many"], ["--loops", "0"], ["--loops", "1000"],
        ["--capture", "some"], ["--capture", "head"], ["--capture", "head:0"], ["--capture", "head:17MiB"],
        ["--capture-upstream", "most"], ["--capture-downstream", "head:-1"],
        ["--route", "name=b,listen=:1,upstream=h:1,capture=some"],
        ["--route", "name=b,listen=:1,upstream=h:1,capture-upstream=head:1GiB"],
        ["--retain-bytes", "32MiB", "--capture", "head:2MiB"], ["--when-behind", "panic"],
        ["--on-capture-failure", "cry"], ["--durability", "hard"],
        ["--log-level", "loud"], ["--log-format", "xml"], ["--database", ""], ["--metrics", "here"], ["--nonsense"],
        ["--listen", "7000"], ["--listen", "127.0.0.1:99999"], ["--listen", "::1:80"], ["--listen", "unix:"],
        ["--upstream", "127.0.0.1:0"], ["--upstream", ":7"], ["--upstream", "127.0.0.1"], ["extra"],
        ["--route", "name=b"], ["--route", "listen=:1,upstream=h:1"], ["--route", "name=b,listen=:1,upstream=h:1,x=y"],
        ["--route", "name=a b,listen=:1,upstream=h:1"], ["--route", "name=default,listen=127.0.0.1:0,upstream=h:1"],
        ["--route", "name=b,name=c,listen=:1,upstream=h:1"], ["--route", ""],
        ["--route", "name=b,listen=:1,upstream=h:0"],
    ])
    func `of a wrong option quotes what is wrong`(options: [String]) throws {
        let said = try expectUsage(route + options)
        let parts = options.joined(separator: "=").split { ",=:".contains($0) } + ["", options[options.count - 1][...]]
        #expect(parts.contains { said.contains("'\($0)'") || said.contains(options[0]) }, "it said: \(said)")
    }

    @Test(arguments: [
        [], ["--listen", "127.0.0.1:0"], ["--upstream", "127.0.0.1:7"],
        ["--framing", "lf", "--route", "name=a,listen=127.0.0.1:0,upstream=127.0.0.1:7"],
    ])
    func `of options that are not enough says which to add`(options: [String]) throws {
        let outcome = try expectUsage(options)
        #expect(outcome.contains("--"), "it said: \(outcome)")
    }

    @Test func `of a wrong variable in the environment`() throws {
        let folder = try Folder()
        let outcome = try Overhear.run(
            ["run"] + route,
            environment: ["OVERHEAR_IDLE_TIMEOUT": "soon"],
            directory: folder.path
        )
        #expect(outcome.status == 64, "it said: \(outcome.errors)")
        expectOneSentence(outcome.errors, ["soon", "OVERHEAR_IDLE_TIMEOUT"], #_sourceLocation)
        #expect(folder.names.isEmpty)
    }

    @Test(arguments: [["relay"], ["run", "--help-me"], ["--verbose"]])
    func `of an unknown command or flag`(arguments: [String]) throws {
        let outcome = try Overhear.run(arguments)
        #expect(outcome.status == 64)
        expectOneSentence(outcome.errors, [arguments.last ?? ""], #_sourceLocation)
    }

    private func expectUsage(_ arguments: [String]) throws -> String {
        let folder = try Folder()
        let outcome = try Overhear.run(["run"] + arguments, directory: folder.path)
        #expect(outcome.status == 64, "it said: \(outcome.errors)")
        expectOneSentence(outcome.errors, [], #_sourceLocation)
        #expect(folder.names.isEmpty)
        return outcome.errors
    }
}

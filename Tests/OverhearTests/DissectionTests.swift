import Foundation
import Glibc
import Testing

/// Real programs talk through the relay, and Wireshark's dissectors, reading a capture of the same bytes, say where the messages
/// are. What the record has must agree, message by message; joined, it must be what a tee behind the relay saw.
@Suite(
    .serialized,
    .enabled(if: realParts, "only with OVERHEAR_REAL_PARTS=1, as make test-real sets it"),
    .enabled(if: WireCapture.isAllowed, "only who may capture, as root may")
)
struct `Heavier programs and a dissector` {
    /// What a dissector says of a message: how long it is, and what it calls it.
    struct Opinion: Equatable {
        let byteCount: Int
        let label: String
    }

    /// Talks through a relay with one framing, and compares what was recorded with the dissector's opinion.
    ///
    /// - Parameters:
    ///   - ignored: kinds of messages the dissector knows nothing of.
    ///   - opinions: of a protocol's layers in one direction.
    ///   - labels: what the dissector may call messages of a kind.
    private func compare(
        _ framing: String,
        _ upstream: String,
        as dissector: String,
        ignoring ignored: [String] = [],
        labels: [String: [String]],
        _ arguments: String...,
        opinions: ([DissectedLayer]) -> [Opinion],
        talk: (RunningRelay) throws -> Void
    ) throws {
        let own = ["--listen", "127.0.0.1:0", "--framing", framing, "--metrics", "127.0.0.1:0"] + arguments
        try withTee(to: upstream) { address, tee in
            try withRelay(arguments: own + ["--upstream", address]) { relay in
                let capture = try WireCapture(of: relay.address)
                try talk(relay)
                try relay.settle()
                try capture.finish()
                let dissected = try capture.layers(of: dissector).mapValues(opinions)
                let record = relay.record
                let hidden = ignored.map { "'\($0)'" }.joined(separator: ", ")
                let rows = try record.rows(
                    """
                    SELECT client_address AS client, direction, byte_count AS bytes, coalesce(kind, '') AS kind
                    FROM messages JOIN sessions ON sessions.id = session_id
                    WHERE coalesce(kind, '') NOT IN (\(hidden)) ORDER BY messages.id
                    """
                )
                var recorded: [DissectedStream: [Opinion]] = [:]
                for row in rows {
                    let stream = DissectedStream(client: row["client"] as! String, direction: row["direction"] as! Int)
                    let message = Opinion(byteCount: row["bytes"] as! Int, label: row["kind"] as! String)
                    recorded[stream, default: []].append(message)
                }
                #expect(rows.count >= 1000, "\(rows.count) messages")
                #expect(Set(recorded.keys) == Set(dissected.keys))
                for (stream, messages) in recorded {
                    agree(messages, dissected[stream] ?? [], labels, in: stream)
                }
                try expectRecordIsWhatWasSaid(record, tee)
                #expect(try record.number("SELECT count(*) FROM messages WHERE ending NOT IN (0, 1)") == 0)
                #expect(try relay.scrape().sum("overhear_framings_lost_total") == 0)
            }
        }
    }

    private func agree(
        _ ours: [Opinion],
        _ theirs: [Opinion],
        _ labels: [String: [String]],
        in stream: DissectedStream
    ) {
        #expect(ours.count == theirs.count, "messages in \(stream)")
        for (index, (our, their)) in zip(ours, theirs).enumerated() {
            // A kind stands for itself and what follows it: "PUBLISH topic".
            let word = String(our.label.prefix { $0 != " " })
            let names = labels[our.label] ?? labels[word] ?? [our.label]
            guard our.byteCount != their.byteCount || !names.contains(their.label) else { continue }
            Issue.record("message \(index) in \(stream): recorded is \(our), dissected \(their)")
            return
        }
    }

    private func expectRecordIsWhatWasSaid(_ record: Record, _ tee: Tee) throws {
        let sessions = try record.column("SELECT id FROM sessions").compactMap { Int($0) }
        let recorded = try sessions.map {
            Tee.Conversation(
                upstream: try record.stream(session: $0, direction: 0),
                downstream: try record.stream(session: $0, direction: 1)
            )
        }
        #expect(Set(recorded) == Set(tee.conversations))
        #expect(recorded.count == tee.conversations.count)
    }

    /// Each layer is a message.
    private func eachLayer(_ layers: [DissectedLayer], _ label: (DissectedLayer) -> String) -> [Opinion] {
        layers.map { Opinion(byteCount: $0.byteCount, label: label($0)) }
    }

    // MARK: - Protocols

    @Test func `agree on MariaDB's packets`() throws {
        let statements = """
            use DBI;
            my ($host, $port) = @ARGV;
            my $handle = DBI->connect("DBI:MariaDB:database=d;host=$host;port=$port", "u", "secret",
                {RaiseError => 1, PrintError => 0, mariadb_server_prepare => 1});
            $handle->do("CREATE TABLE t (a INT PRIMARY KEY, b VARCHAR(300), c DATETIME, d DOUBLE, e MEDIUMBLOB)");
            my $insert = $handle->prepare("INSERT INTO t VALUES (?, ?, now(), ?, ?)");
            $insert->execute($_, $_ % 7 ? "x" x ($_ % 280) : undef, $_ / 3, "y" x ($_ * 40)) for 1..200;
            my $select = $handle->prepare("SELECT * FROM t WHERE a < ? ORDER BY a");
            for (1, 10, 100, 201) { $select->execute($_); $select->fetchall_arrayref }
            eval { $handle->do("no statement at all") };
            eval { $handle->do("SELECT * FROM nowhere") };
            $handle->ping or die "no answer";
            """
        try withMariaDB { server in
            // It names the client's packets inside only, and takes MariaDB's progress reports for the errors they look like.
            let labels = [
                "Handshake": [""], "HandshakeResponse": [""], "InfileData": [""], "Ping": [""], "Query": [""],
                "Quit": [""],
                "StmtPrepare": [""], "StmtExecute": [""], "StmtClose": [""], "OK": ["response OK"],
                "ERR": ["response ERROR"], "Progress": ["response ERROR"], "ResultSet": ["column count"],
                "LocalInfile": ["column count"],
                "ColumnDefinition": [
                    "field packet", "fields in response to PREPARE", "parameters in response to PREPARE",
                ],
                "EOF": ["intermediate EOF", "response EOF"], "Row": ["row packet"],
                "PrepareOK": ["response to PREPARE"],
            ]
            try compare("mysql", server, as: "mysql", labels: labels) {
                eachLayer($0) { String($0.label.dropFirst("MySQL Protocol - ".count)) }
            } talk: { relay in
                let place = relay.address.split(separator: ":").map(String.init)
                let folder = try Folder()
                try succeed("perl", ["-e", statements, place[0], place[1]])
                let lines = (1...100).map { "\($0)\tline\t2020-01-01\t0.5\t\\N\n" }.joined()
                try Data(lines.utf8).write(to: URL(fileURLWithPath: folder.file("lines")))
                let script = """
                    CREATE TABLE copy LIKE t; LOAD DATA LOCAL INFILE '\(folder.file("lines"))' INTO TABLE copy;
                    SELECT a, b, c, d FROM copy; SELECT * FROM t; SHOW TABLES; SHOW COLUMNS FROM t; SELECT 1, NULL;
                    BEGIN; DELETE FROM copy WHERE a < 50; COMMIT; SELECT count(*) FROM copy; DO 1;
                    CREATE PROCEDURE two() BEGIN SELECT 1; SELECT 'b' UNION SELECT 'c'; END;
                    """
                let options = [
                    "--no-defaults", "-h", place[0], "-P", place[1], "-uu", "-psecret", "--local-infile=1", "d",
                ]
                try succeed("mariadb", options + ["--delimiter=//", "-e", script + "//CALL two()//"])
            }
        }
    }

    @Test func `agree on mosquitto's packets, of both versions`() throws {
        try withMosquitto { server in
            let labels = [
                "CONNECT": ["Connect Command"], "CONNACK": ["Connect Ack"], "DISCONNECT": ["Disconnect Req"],
                "SUBSCRIBE": ["Subscribe Request"], "SUBACK": ["Subscribe Ack"],
                "PUBLISH": ["Publish Message"], "PUBACK": ["Publish Ack"], "PUBREC": ["Publish Received"],
                "PUBREL": ["Publish Release"], "PUBCOMP": ["Publish Complete"],
            ]
            try compare("mqtt", server, as: "mqtt", labels: labels, "--max-message-bytes", "4MiB") {
                eachLayer($0) { String($0.label.split(separator: ", ").last ?? "") }
            } talk: { relay in
                let place = relay.address.split(separator: ":").map(String.init)
                for (round, version) in ["311", "5"].enumerated() {
                    let options = ["-V", version, "-h", place[0], "-p", place[1]]
                    let subscription = ["-t", "a/#", "-t", "b", "-q", version == "5" ? "1" : "2", "-C", "212", "-v"]
                    let subscriber = try Child("mosquitto_sub", options + subscription)
                    try eventually("the subscription stands; the subscriber said: \(subscriber.errors)") {
                        try relay.record.number("SELECT count(*) FROM messages WHERE kind = 'SUBACK'") > round
                    }
                    for (level, count) in [(0, 50), (1, 50), (2, 100)] {
                        let lines = (1...count).map { "message \($0)\n" }.joined()
                        let topic = ["-t", "a/\(level)", "-q", "\(level)", "-l"]
                        let outcome = try run("mosquitto_pub", options + topic, input: lines)
                        #expect(outcome.status == 0, "\(outcome.errors)")
                    }
                    // Lengths of one to four bytes; an empty one.
                    let last = version == "5" ? 2_097_152 : 30_000
                    for byteCount in [0, 1, 100, 121, 127, 128, 129, 16_371, 16_381, 16_384, 20_000, last] {
                        let text = String(repeating: "m", count: byteCount)
                        let source = byteCount == 0 ? "-n" : "-s"
                        let outcome = try run("mosquitto_pub", options + ["-t", "b", "-q", "1", source], input: text)
                        #expect(outcome.status == 0, "\(outcome.errors)")
                    }
                    #expect(try subscriber.wait() == 0, "\(subscriber.errors)")
                }
            }
        }
    }

    @Test func `agree on commands, replies and mails at exim`() throws {
        let mails = """
            import smtplib, sys
            for way in ("helo", "ehlo"):
                server = smtplib.SMTP(sys.argv[1], int(sys.argv[2]))
                getattr(server, way)("me")
                for number in range(60):
                    lines = ["Subject: %d" % number, ""] + [".", "..", ".x", "", "x" * 900] * (number % 5)
                    lines += ["y" * 70] * number * 10
                    server.sendmail("a@b.example", ["c@d.example", "e@d.example"], "\\r\\n".join(lines))
                server.quit()
            """
        try withExim { server in
            try compare("smtp", server, as: "smtp", labels: [:], opinions: mailOpinions) { relay in
                let place = relay.address.split(separator: ":").map(String.init)
                try succeed("python3", ["-c", mails, place[0], place[1]])
                let mail = ["--server", relay.address, "--from", "a@b.example", "--to", "c@d.example,e@d.example"]
                try succeed("swaks", mail + ["--pipeline"])
                for mechanism in ["PLAIN", "LOGIN"] {
                    try succeed("swaks", mail + ["--auth", mechanism, "-au", "user", "-ap", "password"])
                }
            }
        }
    }

    /// What the dissector says of a mail's pieces is put together.
    private func mailOpinions(_ layers: [DissectedLayer]) -> [Opinion] {
        var opinions: [Opinion] = []
        var contentByteCount = 0
        for layer in layers {
            let replies = layer.fields.filter { $0.name == "smtp.response" }
            let commands = layer.fields.filter { $0.name == "smtp.command_line" }
            if replies.count == 1 {
                opinions.append(Opinion(byteCount: layer.byteCount, label: String(replies[0].text.prefix(3))))
            } else if !replies.isEmpty {
                opinions += replies.map { Opinion(byteCount: $0.byteCount, label: String($0.text.prefix(3))) }
            } else if !commands.isEmpty {
                opinions += commands.map {
                    Opinion(byteCount: $0.byteCount, label: $0.text.prefix { $0.isLetter }.uppercased())
                }
            } else if layer.fields.contains(where: { $0.name.hasPrefix("smtp.auth") }) {
                opinions.append(Opinion(byteCount: layer.byteCount, label: "AUTH"))
            } else {
                contentByteCount += layer.byteCount
                guard layer.first("smtp.eom") != nil else { continue }
                opinions.append(Opinion(byteCount: contentByteCount, label: "content"))
                contentByteCount = 0
            }
        }
        return opinions
    }

    @Test func `agree on PostgreSQL's messages`() throws {
        try withPostgres(password: "secret") { server in
            let labels = [
                "SSLRequest": ["SSL request"], "StartupMessage": ["Startup message"], "Terminate": ["Termination"],
                "SASLInitialResponse": ["SASLInitialResponse message"], "SASLResponse": ["SASLResponse message"],
                "AuthenticationSASL": ["Authentication request"], "AuthenticationOk": ["Authentication request"],
                "AuthenticationSASLContinue": ["Authentication request"],
                "AuthenticationSASLFinal": ["Authentication request"], "ParameterStatus": ["Parameter status"],
                "BackendKeyData": ["Backend key data"], "ReadyForQuery": ["Ready for query"],
                "Query": ["Simple query"], "RowDescription": ["Row description"], "DataRow": ["Data row"],
                "CommandComplete": ["Command completion"], "EmptyQueryResponse": ["Empty query"],
                "CopyInResponse": ["CopyIn response"], "CopyOutResponse": ["CopyOut response"],
                "CopyData": ["Copy data"], "CopyDone": ["Copy completion"], "ErrorResponse": ["Error"],
                "NoticeResponse": ["Notice"], "NotificationResponse": ["Notification"], "NoData": ["No data"],
                "ParseComplete": ["Parse completion"], "BindComplete": ["Bind completion"],
            ]
            // The answer of a single byte is none of its messages.
            try compare("postgres", server, as: "pgsql", ignoring: ["SSLResponse N"], labels: labels) {
                eachLayer($0) { $0.first("pgsql.type")?.text ?? "" }
            } talk: { relay in
                let database = "postgresql://postgres:secret@\(relay.address)/postgres?sslmode=prefer"
                let script = """
                    CREATE TABLE t AS SELECT n, md5(n::text) AS t FROM generate_series(1, 300) AS n;
                    COPY t FROM STDIN;
                    7\tseven
                    \\N\t
                    \\.
                    COPY t TO STDOUT;
                    SELECT repeat('x', n) FROM t; ;
                    SELECT nothing; LISTEN here; NOTIFY here, 'words'; DO $$BEGIN RAISE NOTICE 'so'; END$$;
                    """
                let spoken = try run("psql", [database], input: script)
                #expect(spoken.errors.contains("column \"nothing\" does not exist"), "\(spoken.errors)")
                let load = "INSERT INTO t SELECT 1; SELECT * FROM t LIMIT 3;\n"
                let folder = try Folder()
                try Data(load.utf8).write(to: URL(fileURLWithPath: folder.file("load")))
                for mode in ["simple", "extended", "prepared"] {
                    try succeed(
                        "pgbench",
                        ["-n", "-c", "2", "-t", "20", "-M", mode, "-f", folder.file("load"), database]
                    )
                }
            }
        }
    }

    @Test func `agree on Redis' commands and replies`() throws {
        try withRedis { server in
            var labels = [
                "+OK": ["resp.string"], "-ERR": ["resp.error"], "integer": ["resp.integer"],
                "bulk": ["resp.bulk_string"], "null": ["resp.bulk_string", "resp.array"],
            ]
            for command in [
                "array", "BLPOP", "COMMAND", "CONFIG", "EVAL", "GET", "LPUSH", "LRANGE", "MSET", "NOSUCH", "SET",
            ] {
                labels[command] = ["resp.array"]
            }
            try compare("resp", server, as: "resp", labels: labels) { layers in
                layers.flatMap { layer in
                    layer.fields
                        .map { Opinion(byteCount: $0.byteCount, label: $0.name) }
                }
            } talk: { relay in
                // What comes in many packets, the dissector now and then reads in two ways.
                let load = ["-n", "400", "-c", "4", "-P", "4", "-d", "9", "-t", "set,get,lpush,lrange_100,mset"]
                _ = try redisClient("redis-benchmark", load, at: relay.address)
                for command in [
                    ["GET", "nothing"], ["NOSUCH"], ["EVAL", "return {1, {2, {'a', false}}, {}}", "0"],
                    ["SET", "k", ""],
                    ["GET", "k"], ["COMMAND", "INFO", "get", "set"], ["CONFIG", "GET", "max*"],
                    ["BLPOP", "none", "0.01"],
                ] {
                    _ = try redisClient("redis-cli", command, at: relay.address)
                }
            }
        }
    }

    @Test func `agree on requests and answers at nginx`() throws {
        let requests = """
            import http.client, socket, sys
            host, port = sys.argv[1], int(sys.argv[2])
            for round in range(12):
                server = http.client.HTTPConnection(host, port)
                def ask(method, path, body=None, fields={}):
                    server.request(method, path, body, fields, encode_chunked=True)
                    return server.getresponse().read()
                for number in range(6):
                    path = "/files/%d-%d" % (round, number)
                    body = b"x" * (number * 400 + round)
                    ask("PUT", path, body)
                    ask("PUT", path + "c", iter([body[:1], body[1:] + b"y"]), {"Transfer-Encoding": "chunked"})
                    assert ask("GET", path) == body
                    ask("GET", path, None, {"Accept-Encoding": "gzip"})
                    ask("GET", path, None, {"Range": "bytes=0-9"})
                    ask("GET", path, None, {"If-None-Match": "*"})
                    ask("HEAD", path)
                    ask("GET", "/files/nothing")
                    ask("POST", "/form", b"a=b")
                    ask("DELETE", path)
                server.close()
                wire = socket.create_connection((host, port))
                wire.sendall(b"GET /1 HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n"
                    b"POST /3 HTTP/1.1\\r\\nHost: a\\r\\nContent-Length: 3\\r\\n\\r\\nabc"
                    b"GET /4 HTTP/1.1\\r\\nHost: a\\r\\nConnection: close\\r\\n\\r\\n")
                while wire.recv(4096): pass
            """
        try withNginx { server in
            try compare("http", server, as: "http", labels: [:], opinions: webOpinions) { relay in
                let place = relay.address.split(separator: ":").map(String.init)
                try succeed("python3", ["-c", requests, place[0], place[1]])
                let folder = try Folder()
                try Data(repeating: 65, count: 50_000).write(to: URL(fileURLWithPath: folder.file("large")))
                let upload = ["-sSf", "-H", "Expect: 100-continue", "-T", folder.file("large")]
                try succeed("curl", upload + ["http://\(relay.address)/files/large"])
                try succeed("curl", ["-sSf", "-o", "/dev/null", "http://\(relay.address)/files/large"])
            }
        }
    }

    /// A layer without a body that the dissector can make something of covers what follows its message, too.
    private func webOpinions(_ layers: [DissectedLayer]) -> [Opinion] {
        layers.map { layer in
            let start = layer.fields.first?.offset ?? 0
            let end = layer.fields.last { $0.name.isEmpty && $0.text == "\\r\\n" }
            let headByteCount = (end?.offset ?? 0) + 2 - start
            let byteCount: Int
            if let body = layer.fields.first(where: { $0.text == "HTTP chunked response" })
                ?? layer.first("http.file_data")
            {
                byteCount = headByteCount + body.byteCount
            } else {
                byteCount = layer.first("http.content_length_header") == nil ? headByteCount : layer.byteCount
            }
            let words = (layer.fields.first?.text ?? "").split(separator: " ").map(String.init) + ["", ""]
            return Opinion(
                byteCount: byteCount,
                label: words[0].hasPrefix("HTTP/") ? words[1] : words[0] + " " + words[1]
            )
        }
    }

    // MARK: - What the dissector does not know

    /// It takes chunks of mail (RFC 3030) for more of what came before; but exim says how long it finds each.
    @Test func `are not needed for mail in chunks, whose lengths exim repeats`() throws {
        let dialogue = [
            "", "EHLO here\r\n",
            "MAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\nBDAT 25\r\nSubject: chunks\r\n\r\nHere\r\n",
            "BDAT 8\r\n.\r\nQUIT\n", "BDAT 4 LAST\r\n\r\n.\n", "RSET\r\nNOOP\r\n", "NONSENSE here\r\n",
            "MAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\nDATA\r\n", ".\r\n", "QUIT\r\n",
        ]
        try withExim { server in
            try withRelay(to: server, framing: "smtp") { relay in
                let client = try relay.connect()
                for (text, count) in zip(dialogue, [1, 1, 3, 1, 1, 2, 1, 3, 1, 1]) {
                    if !text.isEmpty { try client.send(text) }
                    for _ in 0..<count { try readReply(from: client) }
                }
                client.close()
                try relay.settle()
                let record = relay.record
                let asked = try record.column("SELECT kind FROM messages WHERE direction = 0 ORDER BY id")
                let mail = ["MAIL", "RCPT"]
                let chunks = ["BDAT", "BDAT", "BDAT", "RSET", "NOOP", "NONSENSE"]
                #expect(asked == ["EHLO"] + mail + chunks + mail + ["DATA", "content", "QUIT"])
                let lengths = try record.column(
                    "SELECT byte_count FROM messages WHERE kind IN ('BDAT', 'content') ORDER BY id"
                )
                #expect(lengths == ["34", "16", "17", "3"])
                let replies = try record.messages(direction: 1)
                #expect(replies.count == 15)
                for words in ["250 25 byte chunk", "250 8 byte chunk", "250- 4 byte chunk"] {
                    #expect(replies.contains { $0.hasPrefix(words) }, "\(replies)")
                }
            }
        }
    }

    /// One reply, of one line or several.
    private func readReply(from wire: Wire) throws {
        while true {
            var line: [UInt8] = []
            while line.last != 10 { line += try wire.receive(exactly: 1) }
            guard line.count > 3, line[3] == UInt8(ascii: "-") else { return }
        }
    }

    /// One rsyslog sends to another through the relay, and what the other unwraps is what the record has, unwrapped.
    @Test func `are not needed for syslog, of which rsyslog says what it unwrapped`() throws {
        let folder = try Folder()
        try Ear.withNobody { receiver in
            try withRelay(to: receiver, framing: "octet") { relay in
                let port = { (address: String) in address.split(separator: ":")[1] }
                let received = folder.file("received")
                let configuration = """
                    global(workDirectory="\(folder.path)" maxMessageSize="64k")
                    module(load="imtcp")
                    input(type="imtcp" address="127.0.0.1" port="\(port(receiver))" ruleset="receive")
                    template(name="raw" type="string" string="%rawmsg%\\n")
                    ruleset(name="receive") { action(type="omfile" file="\(received)" template="raw") }
                    module(load="imuxsock" SysSock.Name="\(folder.file("log"))" SysSock.RateLimit.Interval="0")
                    template(name="sent" type="string" string="<%PRI%>1 %TIMESTAMP:::date-rfc3339% %HOSTNAME% %programname% - - - %msg%")
                    action(type="omfwd" target="127.0.0.1" port="\(port(relay.address))" protocol="tcp"
                        TCP_Framing="octet-counted" template="sent")
                    """
                try Data(configuration.utf8).write(to: URL(fileURLWithPath: folder.file("configuration")))
                let options = ["-n", "-f", folder.file("configuration"), "-i", folder.file("pid")]
                let server = try Child("rsyslogd", options)
                try eventually("rsyslog listens; it said: \(server.errors)") {
                    if server.hasEnded { throw Trouble("rsyslog ended: \(server.errors)") }
                    return (try? Wire(to: receiver)) != nil
                        && FileManager.default.fileExists(atPath: folder.file("log"))
                }
                let lines = (1...1100).map { "message \($0) " + String(repeating: "9 ", count: $0 % 97 * 5) + "\n" }
                try Data(lines.joined().utf8).write(to: URL(fileURLWithPath: folder.file("lines")))
                try succeed("logger", ["-u", folder.file("log"), "-f", folder.file("lines"), "-t", "test"])
                let unwrapped = { FileManager.default.contents(atPath: received)?.split(separator: 10) ?? [] }
                try eventually("rsyslog has received all; it said: \(server.errors)") { unwrapped().count >= 1100 }
                #expect(try server.terminate() == 0)
                try relay.settle()
                let record = relay.record
                #expect(try record.number("SELECT count(*) FROM messages WHERE ending <> 1 OR direction <> 0") == 0)
                let heard = try record.messages(direction: 0).map { $0.drop { $0 != " " }.dropFirst() }
                let theirs = unwrapped().map { String(decoding: $0, as: UTF8.self) }
                #expect(heard.map(String.init) == theirs)
                #expect(heard.count >= 1100)
            }
        }
    }
}

import Foundation
import Glibc
import Testing

/// Runs nginx on a Unix socket of its own: it answers everything, and keeps under `/files` what is put there.
func withNginx<Value>(_ body: (String) throws -> Value) throws -> Value {
    let folder = try Folder()
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: folder.path)
    let socket = folder.file("nginx.sock")
    let places = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map { "\($0)_temp_path \(folder.file($0));" }.joined(separator: "\n")
    let configuration = """
        daemon off; master_process off; pid \(folder.file("pid")); error_log stderr;
        events { worker_connections 512; }
        http {
            access_log off; keepalive_requests 1000000; gzip on; gzip_min_length 0; gzip_types *;
            \(places)
            server {
                listen unix:\(socket);
                location / { return 200 "nginx answers\\n"; }
                location /files { root \(folder.path); dav_methods PUT DELETE; }
            }
        }
        """
    try FileManager.default.createDirectory(atPath: folder.file("files"), withIntermediateDirectories: false)
    try FileManager.default.setAttributes([.posixPermissions: 0o777], ofItemAtPath: folder.file("files"))
    try Data(configuration.utf8).write(to: URL(fileURLWithPath: folder.file("nginx.conf")))
    let server = try Child("nginx", ["-p", folder.path, "-e", "stderr", "-c", folder.file("nginx.conf")])
    try eventually("nginx listens; it said: \(server.errors)") {
        if server.hasEnded { throw Trouble("nginx ended: \(server.errors)") }
        return (try? Wire(to: "unix:\(socket)")) != nil
    }
    return try body("unix:\(socket)")
}

/// Runs PostgreSQL on a Unix socket of its own; with a password for its user `postgres`, or none.
func withPostgres<Value>(password: String? = nil, _ body: (String) throws -> Value) throws -> Value {
    let folder = try Folder()
    let data = folder.file("data")
    let programs = try #require(
        (try? FileManager.default.contentsOfDirectory(atPath: "/usr/lib/postgresql"))?.sorted().last,
        "PostgreSQL is missing; run .ci/install-packages real"
    )
    let bin = "/usr/lib/postgresql/\(programs)/bin"
    // PostgreSQL refuses to be root's.
    let asOwner = getuid() == 0 ? ["runuser", "-u", "postgres", "--"] : ["env"]
    if getuid() == 0 { try succeed("chown", ["postgres", folder.path]) }
    var initialise = asOwner + ["\(bin)/initdb", "-D", data, "-U", "postgres", "--no-sync", "-A"]
    initialise += password == nil ? ["trust"] : ["scram-sha-256", "--pwfile", "/dev/stdin"]
    let made = try run(initialise[0], Array(initialise.dropFirst()), directory: "/", input: password ?? "")
    guard made.status == 0 else { throw Trouble("initdb: \(made.errors)") }
    let start = asOwner + ["\(bin)/postgres", "-D", data, "-k", folder.path, "-h", "", "-F"]
    let server = try Child(start[0], Array(start.dropFirst()), directory: "/")
    // runuser passes the signal on; immediate shutdown leaves nothing running.
    defer {
        server.signal(SIGTERM)
        _ = try? server.wait()
    }
    let ready = ["-h", folder.path, "-U", "postgres"]
    try eventually("PostgreSQL is ready; it said: \(server.errors)") {
        if server.hasEnded { throw Trouble("PostgreSQL ended: \(server.errors)") }
        return try run("\(bin)/pg_isready", ready).status == 0
    }
    return try body("unix:\(folder.path)/.s.PGSQL.5432")
}

/// Runs a client of PostgreSQL that must succeed.
func postgresClient(_ program: String, _ arguments: [String], at address: String) throws -> String {
    let place: [String]
    if address.hasPrefix("unix:") {
        place = [URL(fileURLWithPath: String(address.dropFirst(5))).deletingLastPathComponent().path, "5432"]
    } else {
        place = address.split(separator: ":").map(String.init)
    }
    return try succeed(program, ["-h", place[0], "-p", place[1], "-U", "postgres"] + arguments)
}

/// Runs MariaDB on a Unix socket of its own, with a user `u` of the password `secret` and a database `d` of his.
func withMariaDB<Value>(_ body: (String) throws -> Value) throws -> Value {
    let folder = try Folder()
    let (data, socket) = (folder.file("data"), folder.file("s"))
    let owner = getuid() == 0 ? ["--user=root"] : []
    let install = ["--no-defaults", "--datadir=\(data)", "--auth-root-authentication-method=normal"]
    try succeed("mariadb-install-db", install + ["--skip-test-db", "--skip-name-resolve"] + owner)
    let options = ["--datadir=\(data)", "--socket=\(socket)", "--pid-file=\(folder.file("pid"))"]
    let modes = ["--skip-networking", "--local-infile=1", "--innodb-flush-log-at-trx-commit=0", "--skip-name-resolve"]
    let server = try Child("mariadbd", ["--no-defaults"] + owner + options + modes)
    try eventually(within: 120, "MariaDB listens; it said: \(server.errors)") {
        if server.hasEnded { throw Trouble("MariaDB ended: \(server.errors)") }
        return (try? Wire(to: "unix:\(socket)")) != nil
    }
    let statements = "CREATE DATABASE d; CREATE USER u IDENTIFIED BY 'secret'; GRANT ALL ON d.* TO u"
    try succeed("mariadb", ["--no-defaults", "-uroot", "-S", socket, "-e", statements])
    return try body("unix:\(socket)")
}

/// Runs mosquitto on a Unix socket of its own, open to everybody.
func withMosquitto<Value>(_ body: (String) throws -> Value) throws -> Value {
    let folder = try Folder()
    let socket = folder.file("mosquitto")
    let configuration = """
        listener 0 \(socket)
        allow_anonymous true
        persistence false
        max_queued_messages 0
        log_dest stderr
        \(getuid() == 0 ? "user root" : "")
        """
    try Data(configuration.utf8).write(to: URL(fileURLWithPath: folder.file("configuration")))
    let server = try Child("mosquitto", ["-c", folder.file("configuration")])
    try eventually("mosquitto listens; it said: \(server.errors)") {
        if server.hasEnded { throw Trouble("mosquitto ended: \(server.errors)") }
        return (try? Wire(to: "unix:\(socket)")) != nil
    }
    return try body("unix:\(socket)")
}

/// Runs exim, which takes mail from everybody, with any password, and delivers none of it.
func withExim<Value>(_ body: (String) throws -> Value) throws -> Value {
    let folder = try Folder()
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: folder.path)
    let spool = folder.file("spool")
    try FileManager.default.createDirectory(atPath: spool, withIntermediateDirectories: false)
    if getuid() == 0 { try succeed("chown", ["Debian-exim", spool]) }
    return try Ear.withNobody { address in
        let configuration = """
            primary_hostname = test.example
            spool_directory = \(spool)
            log_file_path = \(spool)/%slog
            pid_file_path = \(spool)/pid
            local_interfaces = 127.0.0.1
            daemon_smtp_ports = \(address.split(separator: ":")[1])
            acl_smtp_mail = accept
            acl_smtp_rcpt = accept
            acl_smtp_data = accept
            tls_advertise_hosts =
            chunking_advertise_hosts = *
            pipelining_advertise_hosts = *
            host_lookup =
            keep_environment =
            queue_only
            check_spool_space = 0
            check_spool_inodes = 0
            begin authenticators
            plain:
              driver = plaintext
              public_name = PLAIN
              server_prompts = :
              server_condition = yes
            login:
              driver = plaintext
              public_name = LOGIN
              server_prompts = Username:: : Password::
              server_condition = yes
            """
        let file = folder.file("configuration")
        try Data(configuration.utf8).write(to: URL(fileURLWithPath: file))
        let server = try Child("exim4", ["-bdf", "-C", file])
        try eventually("exim listens; it said: \(server.errors)") {
            if server.hasEnded { throw Trouble("exim ended: \(server.errors)") }
            return (try? Wire(to: address)) != nil
        }
        return try body(address)
    }
}

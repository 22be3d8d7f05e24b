/// The protocols a framing knows by name. A new one is a file with its framer, and a line in each table here.
package enum NamedProtocol: String, CaseIterable, Sendable {
    case http, resp, postgres, mysql, smtp, mqtt

    func makeHearing() -> Hearing {
        switch self {
        case .http: FramedHearing(HTTPFramer())
        case .resp: FramedHearing(RESPFramer())
        case .postgres: FramedHearing(PostgresFramer())
        case .mysql: FramedHearing(MySQLFramer())
        case .smtp: FramedHearing(SMTPFramer())
        case .mqtt: FramedHearing(MQTTFramer())
        }
    }

    var summary: String {
        switch self {
        case .http: "HTTP/1.1: requests and answers with their bodies"
        case .resp: "Redis and its kin, RESP2 and RESP3: commands and replies"
        case .postgres: "PostgreSQL's protocol, version 3"
        case .mysql: "the protocol of MySQL and MariaDB"
        case .smtp: "SMTP and LMTP: commands, replies, and what is sent"
        case .mqtt: "MQTT 3.1.1 and 5: packets"
        }
    }
}

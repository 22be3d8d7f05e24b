import Glibc
import Testing

@testable import overhear_bench

@Suite struct `The cores of a measurement` {
    private func places(_ list: String) -> [String?] {
        let cores = Cores(allowed: Cores.numbers(in: list))
        return [cores.load, cores.server, cores.relay]
    }

    @Test func `are shared with the relay by nobody`() {
        #expect(places("0-1") == ["0", "0", "1"])
        #expect(places("2,4,6") == ["2", "4", "6"])
        #expect(places("0-3,8-9") == ["0", "1", "2,3,8,9"])
    }

    @Test(arguments: ["", "3", "what"]) func `are anybody's where there is but one`(list: String) {
        #expect(places(list) == [nil, nil, nil])
    }

    @Test func `are kept to by what is started on them`() throws {
        let last = try #require(Cores.allowed(to: "self").last)
        let folder = try Folder()
        let child = try Child("sleep", ["60"], cores: "\(last)", output: folder.file("output"))
        let deadline = Clock.now() + 10_000_000_000
        while Cores.allowed(to: "\(child.pid)") != [last], Clock.now() < deadline { usleep(1000) }
        #expect(Cores.allowed(to: "\(child.pid)") == [last])
    }
}

import Testing

@testable import overhear_bench

@Suite struct `A timetable` {
    @Test func `gives the connections their turns, and each message when it is due`() {
        var timetable = Timetable(perSecond: 1_000_000, connections: 3, begin: 500, tick: 1)
        #expect(timetable.take(by: 499) == nil)
        #expect((0..<4).map { _ in timetable.take(by: 3500) } == [0, 1, 2, 0])
        #expect(timetable.take(by: 3500) == nil)
        #expect(timetable.next == 4500)
    }

    @Test func `lets messages wait for the next tick, and come with it`() {
        var timetable = Timetable(perSecond: 1_000_000, connections: 8, begin: 500, tick: 2500)
        #expect((0..<5).map { _ in timetable.take(by: 3000) } == [0, 1, 2, nil, nil])
        #expect(timetable.next == 5500)
        #expect(timetable.time(of: 0, on: 1) == 3000)
        #expect(timetable.time(of: 0, on: 3) == 5500)
    }

    @Test func `knows when a message was due by its place on its connection`() {
        let timetable = Timetable(perSecond: 1_000_000, connections: 3, begin: 500, tick: 1)
        #expect(timetable.time(of: 0, on: 0) == 500)
        #expect(timetable.time(of: 0, on: 2) == 2500)
        #expect(timetable.time(of: 2, on: 1) == 7500)
    }
}

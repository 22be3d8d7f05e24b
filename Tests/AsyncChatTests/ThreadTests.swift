import Foundation
import Testing

@testable import AsyncChat

@Suite(.onEveryBackend) struct `A loop's mailbox` {
    @Test func `brings work from another thread, in order`() throws {
        let loop = try makeLoop()
        let seen = Locked<[Int]>([])
        let mailbox = loop.mailbox
        startThread(named: "postman") {
            for number in 0..<1000 {
                mailbox.submit { _ in seen.withLock { $0.append(number) } }
            }
        }
        while seen.withLock({ $0.count }) < 1000 { loop.turn(timeout: .seconds(10)) }
        #expect(seen.withLock { $0 } == Array(0..<1000))
    }

    @Test func `runs what its work hands in on the next turn`() throws {
        let loop = try makeLoop()
        let turns = Locked<[Int64]>([])
        loop.mailbox.submit { loop in
            turns.withLock { $0.append(loop.turns) }
            loop.mailbox.submit { loop in turns.withLock { $0.append(loop.turns) } }
        }
        loop.turn(timeout: .seconds(10))
        loop.turn(timeout: .seconds(10))
        #expect(turns.withLock { $0 } == [1, 2])
    }

    @Test func `drops what comes after the loop ended`() throws {
        final class Thing: Sendable {}
        var loop: EventLoop? = try makeLoop()
        let mailbox = try #require(loop?.mailbox)
        weak var early: Thing?
        weak var late: Thing?
        do {
            let thing = Thing()
            early = thing
            mailbox.submit { _ in _ = thing }
        }
        loop = nil
        #expect(early == nil)
        do {
            let thing = Thing()
            late = thing
            mailbox.submit { _ in _ = thing }
        }
        #expect(late == nil)
    }

    @Test func `brings answers back to objects that stay on the loop`() throws {
        final class Confined { var answers: [Int] = [] }
        let loop = try makeLoop()
        let confined = Confined()
        let once = loop.callback { (answer: Int) in confined.answers.append(answer) }
        let often = loop.callback(repeats: true) { (answer: Int) in confined.answers.append(-answer) }
        startThread(named: "answers") {
            once(1)
            once(2)
            often(3)
            often(4)
        }
        while confined.answers.count < 3 { loop.turn(timeout: .seconds(10)) }
        loop.turn(timeout: .zero)
        #expect(confined.answers == [1, -3, -4])
    }
}

@Suite struct `A blocking queue` {
    @Test func `gives out what is left after it was closed, then nil`() {
        let queue = BlockingQueue<Int>()
        queue.push(1)
        queue.push(2)
        queue.close()
        #expect([queue.pop(), queue.pop(), queue.pop()] == [1, 2, nil])
    }

    @Test func `wakes the thread that waits on it`() {
        let questions = BlockingQueue<Int>()
        let answers = BlockingQueue<Int>()
        startThread(named: "doubler") {
            while let question = questions.pop() { answers.push(2 * question) }
            answers.close()
        }
        for number in 1...100 { questions.push(number) }
        #expect((1...100).map { _ in answers.pop() } == (1...100).map { 2 * $0 })
        questions.close()
        #expect(answers.pop() == nil)
    }
}

@Suite struct `A thread for errands` {
    @Test func `does them one after the other, and is there only while there are any`() {
        let done = BlockingQueue<Int>()
        let errands = Errands<Int>(named: "errands of test") { number in
            if Self.isThere() { done.push(number) }
        }
        #expect(!Self.isThere())
        for number in 1...100 { #expect(errands.push(number)) }
        #expect((1...100).map { _ in done.pop() } == Array(1...100))
        while Self.isThere() { usleep(10_000) }
        // It comes back for the next.
        #expect(errands.push(101))
        #expect(done.pop() == 101)
    }

    private static func isThere() -> Bool {
        let threads = try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/task")
        return (threads ?? []).contains { thread in
            (try? String(contentsOfFile: "/proc/self/task/\(thread)/comm", encoding: .utf8)) == "errands of test\n"
        }
    }
}

@Suite(.onEveryBackend) struct `A name resolver` {
    @Test func `answers on the asking loop, one question after the other`() throws {
        let loop = try makeLoop()
        let resolver = NameResolver()
        final class Answers { var texts: [String] = [] }
        let answers = Answers()
        for host in ["127.0.0.1", "no such host", "localhost"] {
            let answer = loop.callback { (answer: NameResolver.Answer) in
                switch answer {
                case .success(let addresses): answers.texts.append(addresses.allSatisfy(\.isLoopback) ? host : "?")
                case .failure(let error): answers.texts.append(String(error.description.prefix(21)))
                }
            }
            resolver.resolve(.host(host, port: 80), answer)
        }
        while answers.texts.count < 3 { loop.turn(timeout: .seconds(10)) }
        #expect(answers.texts == ["127.0.0.1", "resolve no such host:", "localhost"])
    }
}

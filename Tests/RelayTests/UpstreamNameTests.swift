import Testing
import Traffic

@testable import AsyncChat
@testable import Relay

@Suite struct `An upstream's name` {
    @Test func `is looked up once for all who ask meanwhile, and anew for who asks later`() throws {
        let scene = try NameScene()
        let name = scene.name
        for _ in 0..<20 { name.lookUp(scene.note) }
        scene.answers.post()
        scene.turns { scene.answered == 20 }
        #expect(scene.lookUps.current == 1)
        name.lookUp(scene.note)
        scene.answers.post()
        scene.turns { scene.answered == 21 }
        #expect(scene.lookUps.current == 2)
    }

    @Test func `does not wait for another's`() throws {
        let scene = try NameScene()
        scene.name.lookUp(scene.note)
        var isAnswered = false
        let other = UpstreamName(.host("127.0.0.1", port: 80), loop: scene.loop)
        other.lookUp { _ in isAnswered = true }
        scene.turns { isAnswered }
        #expect(scene.answered == 0)
        scene.answers.post()
        scene.turns { scene.answered == 1 }
    }

    @Test func `may be asked for again by who is answered`() throws {
        let scene = try NameScene()
        scene.name.lookUp { [name = scene.name, note = scene.note] answer in
            note(answer)
            name.lookUp(note)
        }
        scene.answers.post()
        scene.turns { scene.answered == 1 }
        scene.answers.post()
        scene.turns { scene.answered == 2 }
        #expect(scene.lookUps.current == 2)
    }
}

/// A name whose look-up takes until it is told to end.
private final class NameScene {
    let loop: EventLoop
    let answers = Semaphore()
    let lookUps = Tally()
    private(set) var answered = 0
    private(set) lazy var name = UpstreamName(.host("slow", port: 80), loop: loop, resolver: resolver)

    init() throws {
        loop = try EventLoop()
    }

    private var resolver: NameResolver {
        NameResolver { [lookUps, answers] _ throws(ResolveError) in
            lookUps.add(1)
            answers.wait()
            return []
        }
    }

    func note(_: NameResolver.Answer) { answered += 1 }

    func turns(until condition: () -> Bool) {
        while !condition() { loop.turn(timeout: .seconds(10)) }
    }
}

import Testing

@testable import AsyncChat

@Suite struct `A FIFO` {
    @Test func `gives out first what came first`() {
        var fifo = FIFO([1, 2])
        fifo.push(3)
        #expect(fifo.first == 1)
        #expect([fifo.pop(), fifo.pop(), fifo.pop(), fifo.pop()] == [1, 2, 3, nil])
        #expect(fifo.isEmpty)
    }

    @Test func `takes an element at the front, also after some were taken out`() {
        var fifo = FIFO([1, 2, 3])
        fifo.pushFront(0)
        #expect(fifo.elements == [0, 1, 2, 3])
        fifo.pop()
        fifo.pop()
        fifo.pushFront(9)
        #expect(fifo.elements == [9, 2, 3])
        #expect(fifo.count == 3)
    }

    @Test func `lets go of an element when it is taken out`() {
        final class Thing {}
        var fifo = FIFO<Thing>()
        weak var thing: Thing?
        do {
            let made = Thing()
            thing = made
            fifo.push(made)
            fifo.push(Thing())
        }
        fifo.pop()
        #expect(thing == nil)
    }

    @Test(arguments: 1...20) func `agrees with an array`(seed: UInt64) {
        var random = SplitMix(seed: seed)
        var fifo = FIFO<Int>()
        var array: [Int] = []
        for number in 0..<2000 {
            switch Int.random(in: 0..<8, using: &random) {
            case 0..<4:
                fifo.push(number)
                array.append(number)
            case 4:
                fifo.pushFront(number)
                array.insert(number, at: 0)
            default:
                #expect(fifo.pop() == (array.isEmpty ? nil : array.removeFirst()))
            }
            #expect(fifo.count == array.count && fifo.first == array.first)
        }
        #expect(fifo.elements == array)
    }
}

@Suite struct `A producer FIFO` {
    private final class Silent: Producer {
        func more() -> [UInt8]? { nil }
    }

    @Test func `counts its bytes and the most that ever waited`() {
        var fifo = ProducerFIFO()
        fifo.push(.bytes([1, 2, 3]))
        fifo.push(.producer(Silent()))
        fifo.push(.bytes([4]))
        #expect(fifo.byteCount == 4)
        fifo.sent(2)
        #expect(fifo.byteCount == 2)
        #expect(fifo.count == 3)
        fifo.sent(1)
        #expect(fifo.count == 2)
        #expect(fifo.byteCount == 1)
        #expect(fifo.highWaterByteCount == 4)
        fifo.removeAll()
        #expect(fifo.byteCount == 0 && fifo.isEmpty)
    }

    @Test func `shows what waits without what is sent`() {
        var fifo = ProducerFIFO()
        fifo.push(.bytes([1, 2, 3]))
        fifo.sent(1)
        guard case .bytes([2, 3])? = fifo.waiting.first else { return #expect(Bool(false), "\(fifo.waiting)") }
    }

    @Test func `is a value: a copy stays as it was`() {
        var fifo = ProducerFIFO()
        fifo.push(.bytes([1, 2, 3]))
        let copy = fifo
        fifo.sent(2)
        fifo.push(.bytes([4]))
        #expect(copy.byteCount == 3 && copy.count == 1)
        #expect(fifo.byteCount == 2 && fifo.count == 2)
        fifo.removeAll()
        guard case .bytes([1, 2, 3])? = copy.waiting.first else { return #expect(Bool(false), "\(copy.waiting)") }
    }

    @Test func `finds empty bytes not worth an item`() {
        var fifo = ProducerFIFO()
        fifo.push(.bytes([]))
        #expect(fifo.isEmpty)
    }

    @Test func `marks every change of the oldest item`() {
        var fifo = ProducerFIFO()
        var serials = [fifo.headSerial]
        fifo.push(.producer(Silent()))
        serials.append(fifo.headSerial)
        fifo.push(.close)
        #expect(fifo.headSerial == serials.last)
        fifo.pushFront([1])
        serials.append(fifo.headSerial)
        fifo.sent(1)
        serials.append(fifo.headSerial)
        fifo.removeHead()
        serials.append(fifo.headSerial)
        fifo.removeAll()
        serials.append(fifo.headSerial)
        #expect(Set(serials).count == serials.count)
    }
}

@Suite struct `A simple producer` {
    @Test func `gives out its bytes in pieces, then nothing for ever`() {
        let producer = SimpleProducer([1, 2, 3, 4, 5], pieceByteCount: 2)
        #expect(
            [producer.more(), producer.more(), producer.more(), producer.more(), producer.more()] == [
                [1, 2], [3, 4], [5], nil, nil,
            ]
        )
    }
}

/// First in, first out (asynchat's `fifo`), with the one addition a producer's chunk needs: going to the front.
///
/// An array with a moving front: taking out costs no shift, and what is taken out is released at once.
public struct FIFO<Element> {
    private var storage: ContiguousArray<Element?> = []
    private var front = 0

    /// An empty FIFO.
    public init() {}

    /// Starts with these, the first of them first out.
    public init(_ elements: some Sequence<Element>) {
        for element in elements { push(element) }
    }

    /// How many are waiting.
    public var count: Int { storage.count - front }

    /// Is none waiting?
    public var isEmpty: Bool { front == storage.count }

    /// The oldest, nil if there is none.
    public var first: Element? { isEmpty ? nil : storage[front] }

    /// What is waiting, the oldest first.
    public var elements: [Element] { storage[front...].compactMap(\.self) }

    /// Adds behind the newest.
    public mutating func push(_ element: Element) {
        storage.append(element)
    }

    /// Adds before the oldest.
    public mutating func pushFront(_ element: Element) {
        if front > 0 {
            front -= 1
            storage[front] = element
        } else {
            storage.insert(element, at: 0)
        }
    }

    /// Takes out the oldest, nil if there is none.
    @discardableResult
    public mutating func pop() -> Element? {
        guard !isEmpty else { return nil }
        let element = storage[front].take()
        front += 1
        if isEmpty {
            removeAll()
        } else if front >= 32, front * 2 >= storage.count {
            storage.removeSubrange(..<front)
            front = 0
        }
        return element
    }

    /// Takes out all, and keeps no memory: an idle channel owns none.
    public mutating func removeAll() {
        storage = []
        front = 0
    }
}

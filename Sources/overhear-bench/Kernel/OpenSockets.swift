import Glibc

/// Descriptors that are closed when nobody holds this any more, however a measurement ends.
final class OpenSockets {
    private(set) var descriptors: [CInt] = []

    deinit { for descriptor in descriptors { close(descriptor) } }

    /// Takes one over.
    @discardableResult
    func own(_ descriptor: CInt) -> CInt {
        descriptors.append(descriptor)
        return descriptor
    }
}

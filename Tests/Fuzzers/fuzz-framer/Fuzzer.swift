import FuzzCases

/// What libFuzzer calls with bytes of its own making. It stops where a property breaks, and libFuzzer keeps the bytes.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ start: UnsafePointer<UInt8>, _ byteCount: Int) -> CInt {
    do {
        try FuzzCase.framer.run(Array(UnsafeBufferPointer(start: start, count: byteCount)))
    } catch {
        fatalError(error.description)
    }
    return 0
}

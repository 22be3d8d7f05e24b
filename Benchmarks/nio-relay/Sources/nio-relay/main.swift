import Glibc
import NIOCore
import NIOPosix

/// A relay as one writes it with SwiftNIO: one thread, two handlers glued together, reads held up while the other side is full.
///
///     nio-relay PORT UPSTREAM-PORT
///
/// Passes bytes on, and ends of streams; hears and records nothing.

/// One end: what it reads goes out at its partner, and it reads on only while the partner can take more.
///
/// Both ends of a pair live on the same event loop, as their plain references demand.
final class Glue: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private var partner: Glue?
    private var context: ChannelHandlerContext?
    /// A read was held back because the partner was full.
    private var owesRead = false

    static func pair() -> (Glue, Glue) {
        let (one, other) = (Glue(), Glue())
        one.partner = other
        other.partner = one
        return (one, other)
    }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        partner = nil
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        partner?.context?.write(data, promise: nil)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        partner?.context?.flush()
        context.fireChannelReadComplete()
    }

    func channelInactive(context: ChannelHandlerContext) {
        partner?.context?.close(promise: nil)
        context.fireChannelInactive()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let event = event as? ChannelEvent, case .inputClosed = event {
            partner?.context?.close(mode: .output, promise: nil)
        }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable { partner?.readAgain() }
        context.fireChannelWritabilityChanged()
    }

    func read(context: ChannelHandlerContext) {
        if partner?.context?.channel.isWritable ?? false {
            context.read()
        } else {
            owesRead = true
        }
    }

    private func readAgain() {
        guard owesRead else { return }
        owesRead = false
        context?.read()
    }
}

guard CommandLine.arguments.count == 3, let port = Int(CommandLine.arguments[1]),
    let upstreamPort = Int(CommandLine.arguments[2])
else {
    print("usage: nio-relay PORT UPSTREAM-PORT")
    exit(64)
}
let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
let listener = try ServerBootstrap(group: group)
    .serverChannelOption(.backlog, value: 4096)
    .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
    .childChannelOption(.socketOption(.tcp_nodelay), value: 1)
    .childChannelOption(.allowRemoteHalfClosure, value: true)
    // Buffers that suit messages of 64 KiB too: it grows and shrinks them by itself.
    .childChannelOption(
        .recvAllocator,
        value: AdaptiveRecvByteBufferAllocator(minimum: 2048, initial: 2048, maximum: 262_144)
    )
    .childChannelInitializer { client in
        ClientBootstrap(group: client.eventLoop)
            .channelOption(.socketOption(.tcp_nodelay), value: 1)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .channelOption(
                .recvAllocator,
                value: AdaptiveRecvByteBufferAllocator(minimum: 2048, initial: 2048, maximum: 262_144)
            )
            .connect(host: "127.0.0.1", port: upstreamPort)
            .flatMapThrowing { upstream in
                let (near, far) = Glue.pair()
                try client.pipeline.syncOperations.addHandler(near)
                try upstream.pipeline.syncOperations.addHandler(far)
            }
    }
    .bind(host: "127.0.0.1", port: port)
    .wait()
try listener.closeFuture.wait()

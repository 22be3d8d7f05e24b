/// The page at `/`: one file, nothing loaded from elsewhere, fed by `/status.json` once a second.
///
/// What peers said reaches the document as text only (`textContent`); script and style carry the answer's nonce, and the
/// policy allows no others.
enum StatusPage {
    static func html(version: String, nonce: String) -> String {
        """
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <title>overhear</title>
        <link rel="icon" href="data:image/svg+xml,\(icon)">
        <style nonce="\(nonce)">\(style)</style>
        </head>
        <body>
        \(markup.replacing("VERSION", with: escaped(version)))
        <script nonce="\(nonce)">\(script)</script>
        </body>
        </html>

        """
    }

    /// Two lines of traffic, one listening dot between them.
    private static let icon =
        "%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E"
        + "%3Cpath d='M1 5h14M1 11h14' stroke='%230b7a75' stroke-width='2'/%3E"
        + "%3Ccircle cx='8' cy='8' r='3' fill='%23e07a3f'/%3E%3C/svg%3E"

    private static func escaped(_ text: String) -> String {
        text.reduce(into: "") { result, character in
            switch character {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            default: result.append(character)
            }
        }
    }
}

/// The page at `/`: says what this is and where to go. One file, no script, nothing loaded from elsewhere.
enum LandingPage {
    static func html(version: String) -> String {
        """
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>overhear</title>
        <link rel="icon" href="data:image/svg+xml,\(icon)">
        <style>\(style)</style>
        </head>
        <body>
        <main>
        <header>
        <h1>overhear</h1>
        <p class="version">\(escaped(version))</p>
        </header>
        <p class="lead">A TCP relay that writes down what it hears. This is its window: what it counts while it
        forwards. What was said is in the database.</p>
        <nav>
        <a href="/metrics"><b>/metrics</b><span>everything that is counted, for Prometheus</span></a>
        <a href="/-/ready"><b>/-/ready</b><span>may traffic be sent here?</span></a>
        <a href="/-/healthy"><b>/-/healthy</b><span>is the loop turning?</span></a>
        </nav>
        <footer>Look into the record with any SQLite shell: <code>SELECT * FROM message_log</code></footer>
        </main>
        </body>
        </html>

        """
    }

    /// Two lines of traffic, one listening dot between them.
    private static let icon =
        "%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E"
        + "%3Cpath d='M1 5h14M1 11h14' stroke='%230b7a75' stroke-width='2'/%3E"
        + "%3Ccircle cx='8' cy='8' r='3' fill='%23e07a3f'/%3E%3C/svg%3E"

    private static let style = """
        :root{color-scheme:light dark;--ink:#1d2327;--soft:#5b666e;--paper:#fbfaf7;--card:#fff;--line:#e3e0d8;
        --accent:#0b7a75}
        @media (prefers-color-scheme:dark){:root{--ink:#e8e6e1;--soft:#9aa5ac;--paper:#14181b;--card:#1c2226;
        --line:#2e363b;--accent:#4fc3bb}}
        *{box-sizing:border-box}
        body{margin:0;min-height:100vh;display:grid;place-items:center;background:var(--paper);color:var(--ink);
        font:16px/1.55 system-ui,sans-serif}
        main{width:min(36rem,100% - 3rem);padding:2rem 0}
        header{display:flex;align-items:baseline;gap:.75rem}
        h1{margin:0;font-size:2.25rem;letter-spacing:-.03em;color:var(--accent)}
        .version,span,footer{color:var(--soft)}
        .lead{font-size:1.1rem}
        nav{display:grid;gap:.6rem;margin:1.75rem 0}
        a{display:flex;flex-wrap:wrap;gap:.25rem 1rem;padding:.85rem 1rem;border:1px solid var(--line);border-radius:.6rem;
        background:var(--card);color:inherit;text-decoration:none}
        a:hover,a:focus-visible{border-color:var(--accent)}
        b,code{font-family:ui-monospace,monospace;font-size:.95em}
        b{min-width:7rem;color:var(--accent)}
        footer{font-size:.9rem}
        @media (max-width:32rem){a{display:grid}}
        """

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

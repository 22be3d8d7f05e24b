extension StatusPage {
    static let markup = #"""
        <a class="skip" href="#sessions-title">Skip to the sessions</a>
        <header>
        <h1>overhear</h1><span class="soft">VERSION</span>
        <p id="ready" class="pill" role="status">connecting</p>
        <button id="pause" type="button" aria-pressed="false">Pause</button>
        </header>
        <main>
        <noscript><p>This page is alive with JavaScript only; the numbers are at <a href="/metrics">/metrics</a>.</p></noscript>
        <section class="tiles" aria-label="Now">
        <div><b id="t-sessions">–</b><span>sessions</span></div>
        <div><b id="t-messages">–</b><span>messages/s</span></div>
        <div><b id="t-bytes">–</b><span>received/s</span></div>
        <div><b id="t-busy">–</b><span>busiest loop</span></div>
        <div><b id="t-recorder">–</b><span>recorder</span></div>
        <div><b id="t-lag">–</b><span>recorder lag</span></div>
        </section>
        <div class="pair">
        <section class="card"><h2>Messages per second</h2><div class="key" aria-hidden="true"><i class="up"></i>to the server <i class="down"></i>to the client</div><svg id="c-messages" role="img" aria-label="Messages per second" viewBox="0 0 600 160" preserveAspectRatio="none"></svg><p class="soft axis"><span>2 minutes ago</span><span id="m-messages"></span><span>now</span></p></section>
        <section class="card"><h2>Bytes received per second</h2><div class="key" aria-hidden="true"><i class="up"></i>from clients <i class="down"></i>from servers</div><svg id="c-bytes" role="img" aria-label="Bytes received per second" viewBox="0 0 600 160" preserveAspectRatio="none"></svg><p class="soft axis"><span>2 minutes ago</span><span id="m-bytes"></span><span>now</span></p></section>
        </div>
        <div class="pair">
        <section class="card"><h2>Routes</h2><div class="scroll" tabindex="0" role="region" aria-label="Routes, scrollable"><table><thead><tr><th scope="col">Route</th><th scope="col">Clients at</th><th scope="col">Server</th><th scope="col" class="n">Open</th><th scope="col" class="n">Messages/s</th><th scope="col" class="n">Not reached</th></tr></thead><tbody id="routes"></tbody></table></div></section>
        <section class="card"><h2>Recorder</h2><dl id="recorder"></dl></section>
        </div>
        <section class="card"><h2 id="sessions-title" tabindex="-1">Sessions <span id="sessions-note" class="soft"></span></h2>
        <div class="scroll some" tabindex="0" role="region" aria-labelledby="sessions-title"><table id="sessions"><thead><tr></tr></thead><tbody></tbody></table></div>
        <p id="no-sessions" class="soft">Nobody is connected.</p></section>
        <section class="card"><h2 id="last">Last messages</h2><p id="messages-note" class="soft"></p><div class="scroll tall" tabindex="0" role="region" aria-labelledby="last"><table class="mono"><thead><tr><th scope="col">Time</th><th scope="col" class="n">Session</th><th scope="col">Way</th><th scope="col" class="n">Bytes</th><th scope="col">Beginning</th></tr></thead><tbody id="messages"></tbody></table></div></section>
        </main>
        <footer class="soft"><a href="/metrics">/metrics</a> <a href="/status.json">/status.json</a> <a href="/-/ready">/-/ready</a> <span>All that was said is in the database: <code>SELECT * FROM message_log</code></span></footer>
        """#
}

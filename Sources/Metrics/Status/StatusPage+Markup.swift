extension StatusPage {
    static let markup = #"""
        <a class="skip" href="#sessions-title">Skip to the sessions</a>
        <header>
        <h1>overhear</h1><span class="soft">VERSION<span id="up"></span></span>
        <p id="ready" class="pill" role="status">connecting</p>
        <button id="pause" type="button" aria-pressed="false">Pause</button>
        </header>
        <main id="main">
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
        <section class="card"><h2>Messages per second</h2>
        <div class="chart"><svg id="c-messages" role="img" aria-label="Messages per second" viewBox="0 0 600 160" preserveAspectRatio="none"></svg><span class="up">↑ to the server <b id="n-messages-0"></b></span><span class="down">↓ to the client <b id="n-messages-1"></b></span><i id="m-messages" class="soft"></i></div>
        <p class="soft axis"><span>2 minutes ago</span><span>now</span></p></section>
        <section class="card"><h2>Bytes received per second</h2>
        <div class="chart"><svg id="c-bytes" role="img" aria-label="Bytes received per second" viewBox="0 0 600 160" preserveAspectRatio="none"></svg><span class="up">↑ from clients <b id="n-bytes-0"></b></span><span class="down">↓ from servers <b id="n-bytes-1"></b></span><i id="m-bytes" class="soft"></i></div>
        <p class="soft axis"><span>2 minutes ago</span><span>now</span></p></section>
        </div>
        <div class="pair uneven">
        <section class="card"><h2 id="routes-title">Routes</h2><div class="scroll" tabindex="0" role="region" aria-labelledby="routes-title"><table class="folds" role="table"><thead role="rowgroup"><tr role="row"><th scope="col" role="columnheader">Route</th><th scope="col" role="columnheader">Clients at</th><th scope="col" role="columnheader">Server</th><th scope="col" role="columnheader" class="n">Open</th><th scope="col" role="columnheader" class="n">Messages/s</th><th scope="col" role="columnheader" class="n">Not reached</th></tr></thead><tbody id="routes" role="rowgroup"></tbody></table></div></section>
        <section class="card"><h2>Recorder</h2><dl id="recorder"></dl></section>
        </div>
        <section class="card"><h2 id="sessions-title" tabindex="-1">Sessions</h2>
        <p id="sessions-note" class="note soft"></p>
        <div class="scroll some" tabindex="0" role="region" aria-labelledby="sessions-title"><table id="sessions" class="folds" role="table" hidden><thead class="sorts" role="rowgroup"><tr role="row"></tr></thead><tbody role="rowgroup"></tbody></table></div>
        </section>
        <section class="card"><h2 id="last">Last messages</h2><p id="messages-note" class="note soft"></p><div class="scroll tall" tabindex="0" role="region" aria-labelledby="last"><table id="said" class="mono folds" role="table" hidden><thead role="rowgroup"><tr role="row"><th scope="col" role="columnheader">Time</th><th scope="col" role="columnheader" class="n">Session</th><th scope="col" role="columnheader">Way</th><th scope="col" role="columnheader" class="n">Bytes</th><th scope="col" role="columnheader">Beginning</th></tr></thead><tbody id="messages" role="rowgroup"></tbody></table></div></section>
        </main>
        <footer class="soft"><a href="/metrics">/metrics</a> <a href="/status.json">/status.json</a> <a href="/-/ready">/-/ready</a> <span id="ask" hidden>What is recorded can be asked: <code>SELECT * FROM message_log</code></span></footer>
        """#
}

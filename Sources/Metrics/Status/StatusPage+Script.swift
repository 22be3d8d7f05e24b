extension StatusPage {
    static let script = #"""
        'use strict';
        const $ = id => document.getElementById(id);
        const WINDOW = 120000, GAP = 3500, KEPT = 200;
        const past = [];
        const seen = new Set();
        let before = null, sortBy = 'bytes', descending = true, latest = [], marks = {low: 65536, high: 262144};
        let paused = false, spoken = 0, oldest = 0;

        const units = (n, step, names) => {
          let i = 0;
          while (Math.abs(n) >= step && i < names.length - 1) { n /= step; i++; }
          return (i && n < 100 ? n.toFixed(1).replace('.0', '') : Math.round(n)) + names[i];
        };
        const count = n => units(n, 1000, ['', ' k', ' M', ' G', ' T']);
        const bytes = n => units(n, 1024, [' B', ' KiB', ' MiB', ' GiB', ' TiB']);
        const span = s => s < 0.0005 ? '0 s' : s < 1 ? Math.round(s * 1000) + ' ms' : s < 10 ? s.toFixed(1).replace('.0', '') + ' s' :
          s < 60 ? Math.round(s) + ' s' : s < 3600 ? Math.floor(s / 60) + ' min' : s < 86400 ? (s / 3600).toFixed(1) + ' h' :
          Math.floor(s / 86400) + ' d';
        const age = s => s < 60 ? Math.floor(Math.max(0, s)) + ' s' : span(s);
        const clock = ms => new Date(ms).toTimeString().slice(0, 8);
        const sum = (list, of) => list.reduce((total, item) => total + of(item), 0);
        const both = pair => pair[0] + pair[1];

        // Only what changed is written: selections stay, and nothing is read out twice.
        const write = (element, text) => { if (element.textContent !== text) element.textContent = text; };
        const dress = (element, name) => { if (element.className !== name) element.className = name; };
        const say = (id, text, bad) => { write($(id), text); $(id).classList.toggle('bad', !!bad); };
        // Where a table is folded for want of width, its headings are gone: a word before or after the value stands for them.
        const cell = (row, text, kind, after, before) => {
          const td = row.insertCell();
          td.setAttribute('role', 'cell');
          td.textContent = text;
          if (kind) td.className = kind;
          if (after) td.dataset.after = ' ' + after;
          if (before) td.dataset.before = before === '#' ? before : before + ' ';
          return td;
        };

        // The next of 1, 2, 5, 10, 20 …; of 1, 2, 4, 8 … where bytes are drawn.
        const ceiling = (n, binary) => {
          if (binary) return 2 ** Math.ceil(Math.log2(Math.max(1, n)));
          const step = 10 ** Math.floor(Math.log10(Math.max(1, n)));
          return step * [1, 2, 5, 10].find(m => m * step >= n);
        };

        // What goes to the server stands above the line, what comes back below it: neither hides the other.
        function chart(name, format, now) {
          const svg = $('c-' + name), points = past.map(point => [point.at, ...point[name]]);
          const top = ceiling(Math.max(name === 'bytes' ? 1024 : 10, ...points.map(point => Math.max(point[1], point[2]))), name === 'bytes');
          const x = at => ((at - now + WINDOW) * 600 / WINDOW).toFixed(1);
          const y = (value, way) => (80 + (way === 1 ? -1 : 1) * value / top * 74).toFixed(1);
          const path = (kind, d) => {
            const element = document.createElementNS('http://www.w3.org/2000/svg', 'path');
            element.setAttribute('class', kind);
            element.setAttribute('d', d);
            return element;
          };
          const runs = [];
          points.forEach((point, i) => {
            if (!i || point[0] - points[i - 1][0] > GAP) runs.push([]);
            runs[runs.length - 1].push(point);
          });
          const lines = [1, 2].flatMap(way => runs.flatMap(run => {
            const line = run.map(point => x(point[0]) + ' ' + y(point[way], way)).join('L');
            const kind = way === 1 ? 'up' : 'down';
            return [path(kind + ' area', 'M' + x(run[0][0]) + ' 80L' + line + 'L' + x(run[run.length - 1][0]) + ' 80Z'), path(kind, 'M' + line)];
          }));
          svg.replaceChildren(path('rule', 'M0 6H600M0 154H600'), ...lines, path('zero', 'M0 80H600'));
          write($('m-' + name), format(top) + '/s');
          const last = points[points.length - 1], fresh = last && now - last[0] < GAP;
          [0, 1].forEach(way => write($('n-' + name + '-' + way), fresh ? format(last[way + 1]) + '/s' : ''));
          if (!fresh || now - spoken < 10000) return;
          svg.setAttribute('aria-label', (name === 'bytes' ? 'Bytes received' : 'Messages') +
            ' per second: ' + format(last[1]) + ' from clients, ' + format(last[2]) + ' from servers');
        }

        function charts() {
          const now = Date.now();
          while (past.length && past[0].at < now - WINDOW) past.shift();
          chart('messages', count, now);
          chart('bytes', bytes, now);
          if (past.length && now - spoken >= 10000) spoken = now;
        }

        const bar = kind => {
          const track = document.createElement('span');
          track.append(document.createElement('i'));
          for (const name of kind) {
            const mark = document.createElement('u');
            mark.className = name;
            track.append(mark);
          }
          return track;
        };
        const share = (part, whole) => Math.min(100, whole ? part / whole * 100 : 0) + '%';

        // Of each column: its key, title and class, what to sort by, how it is shown, and the words where it is folded.
        const text = show => ({make: () => {}, show: (td, s) => write(td, show(s))});
        const waits = (own, other, held) => ({
          make: td => td.append(bar(['low', 'high']), document.createTextNode('')),
          show: (td, s) => {
            const channel = s.channels[own], [track, label] = td.childNodes, [fill, low, high] = track.children;
            dress(track, channel.fifo_bytes > marks.high ? 'bar full' : 'bar');
            fill.style.width = share(channel.fifo_bytes, marks.high);
            low.style.width = share(marks.low, marks.high);
            high.style.width = share(channel.high_water_bytes, marks.high * 1.02);
            low.hidden = high.hidden = !channel.high_water_bytes;
            const isHeld = s.channels[other].paused;
            write(label, bytes(channel.fifo_bytes) + (isHeld ? ' · ' + held + ' not read' : ''));
            dress(td, isHeld ? 'wide bad' : channel.fifo_bytes ? 'wide' : 'wide none');
            td.title = channel.fifo_items + ' items; highest so far ' + bytes(channel.high_water_bytes) + ' of ' + bytes(marks.high);
          },
        });
        const unfinished = s => s.channels[0].input_bytes + s.channels[1].input_bytes;
        const columns = [
          ['id', 'Session', 'n', s => s.id, text(s => String(s.id)), '', '#'],
          ['route', 'Route', '', s => s.route, text(s => s.route)],
          ['client', 'Client', '', s => s.client, text(s => s.client || 'unix')],
          ['age', 'Age', 'n', s => -s.opened_ms, text(s => age((Date.now() - s.opened_ms) / 1000))],
          ['messages', 'Messages', 'n', s => both(s.messages), text(s => count(both(s.messages))), 'messages'],
          ['bytes', 'Bytes', 'n', s => both(s.bytes), text(s => bytes(both(s.bytes)))],
          ['input', 'Unfinished', 'n', unfinished,
            {make: () => {}, show: (td, s) => { write(td, bytes(unfinished(s))); dress(td, unfinished(s) ? 'n' : 'n none'); }}, 'unfinished'],
          ['toClient', 'Waits for client', 'wide', s => s.channels[0].fifo_bytes, waits(0, 1, 'server'), '', 'for client'],
          ['toServer', 'Waits for server', 'wide', s => s.channels[1].fifo_bytes, waits(1, 0, 'client'), '', 'for server'],
        ];

        for (const [key, title, kind] of columns) {
          const th = document.createElement('th'), button = document.createElement('button');
          th.scope = 'col';
          th.setAttribute('role', 'columnheader');
          th.className = kind === 'n' ? 'n' : '';
          th.dataset.key = key;
          button.type = 'button';
          button.textContent = title;
          button.onclick = () => {
            if (sortBy === key) descending = !descending; else { sortBy = key; descending = true; }
            showSessions();
          };
          th.append(button);
          $('sessions').tHead.rows[0].append(th);
        }

        const rows = new Map();
        function sessionRow(id) {
          const row = document.createElement('tr');
          row.setAttribute('role', 'row');
          row.dataset.id = id;
          for (const [, , kind, , shown, after, before] of columns) shown.make(cell(row, '', kind, after, before));
          rows.set(id, row);
          return row;
        }

        function showSessions() {
          for (const th of $('sessions').tHead.rows[0].cells)
            if (th.dataset.key === sortBy) th.setAttribute('aria-sort', descending ? 'descending' : 'ascending');
            else th.removeAttribute('aria-sort');
          const value = columns.find(column => column[0] === sortBy)[3];
          const order = [...latest].sort((a, b) => {
            const x = value(a), y = value(b), order = x < y ? -1 : x > y ? 1 : a.id - b.id;
            return descending ? -order : order;
          });
          const body = $('sessions').tBodies[0];
          order.forEach((session, i) => {
            const row = rows.get(session.id) || sessionRow(session.id);
            columns.forEach((column, at) => column[4].show(row.cells[at], session));
            if (body.rows[i] !== row) body.insertBefore(row, body.rows[i] || null);
          });
          while (body.rows.length > order.length) {
            const row = body.rows[body.rows.length - 1];
            rows.delete(Number(row.dataset.id));
            row.remove();
          }
          $('sessions').hidden = !order.length;
        }

        function showRoutes(status, seconds) {
          const body = document.createElement('tbody');
          body.id = 'routes';
          body.setAttribute('role', 'rowgroup');
          status.routes.forEach((route, i) => {
            const old = before && before.routes[i], row = body.insertRow();
            row.setAttribute('role', 'row');
            cell(row, route.name); cell(row, route.listen); cell(row, route.upstream, '', '', '→');
            cell(row, count(route.active), 'n', 'open');
            cell(row, old && seconds > 0 ? count((both(route.messages) - both(old.messages)) / seconds) : '–', 'n', 'messages/s');
            cell(row, count(route.connect_errors), route.connect_errors ? 'n bad' : 'n none', 'not reached');
          });
          if (!$('routes').isEqualNode(body)) $('routes').replaceWith(body);
        }

        function showRecorder(r) {
          const size = r.database_bytes + r.wal_bytes, isOn = r.state !== 'off';
          const lines = [
            ['State', r.state, r.state === 'suspended'], ['Recorded', count(r.messages) + ' messages'],
            ['Not recorded', count(r.unrecorded) + ' messages', r.unrecorded > 0],
            ['Waiting', bytes(r.queue_bytes) + ' of ' + bytes(r.queue_limit_bytes), false, [r.queue_bytes, r.queue_limit_bytes]],
            ['Lag', span(r.lag_ns / 1e9), r.lag_ns > 1e9],
            ['Database', bytes(size) + (r.limit_bytes ? ' of ' + bytes(r.limit_bytes) : ''), false, r.limit_bytes ? [size, r.limit_bytes] : null],
            ['Write-ahead log', bytes(r.wal_bytes)],
            ['Goes back', r.oldest_ms ? age((Date.now() - r.oldest_ms) / 1000) : '–'],
          ];
          $('ask').hidden = !isOn;
          $('recorder').replaceChildren(...(isOn ? lines : lines.slice(0, 1)).flatMap(([term, value, bad, parts]) => {
            const dt = document.createElement('dt'), dd = document.createElement('dd');
            dt.textContent = term;
            if (parts) {
              const track = bar([]);
              track.className = 'bar';
              track.firstChild.style.width = share(...parts);
              dd.append(track);
            }
            dd.append(value);
            if (bad) dd.className = 'bad';
            return [dt, dd];
          }));
        }

        function showMessages(status) {
          const body = $('messages');
          for (const m of status.messages) {
            const key = m.session + ' ' + m.direction + ' ' + m.sequence;
            if (seen.has(key)) continue;
            seen.add(key);
            const row = body.insertRow(0), isUp = m.direction === 'upstream';
            row.setAttribute('role', 'row');
            cell(row, clock(m.at_ms));
            cell(row, m.session, 'n', '', '#');
            cell(row, isUp ? '→ server' : '← client', isUp ? 'up' : 'down');
            cell(row, m.byte_count, 'n', 'bytes');
            cell(row, m.preview);
          }
          while (body.rows.length > KEPT) body.deleteRow(-1);
          $('said').hidden = !status.shows_messages || !body.rows.length;
          write($('messages-note'), !status.shows_messages ? 'Not shown here: --status-messages on shows them.' : !body.rows.length ?
            'Nothing has been said since this page was opened.' :
            'The first of each second; the beginning of each, with what is no printable ASCII written out.');
          if (seen.size > 5000) for (const key of [...seen].slice(0, 4000)) seen.delete(key);
        }

        function showRates(status, seconds) {
          const rate = (field, way) => Math.max(0, sum(status.routes, r => r[field][way]) - sum(before.routes, r => r[field][way])) / seconds;
          const point = {at: Date.now(), messages: [0, 1].map(way => rate('messages', way)), bytes: [0, 1].map(way => rate('received_bytes', way))};
          past.push(point);
          say('t-messages', count(both(point.messages)));
          say('t-bytes', bytes(both(point.bytes)));
          const busy = Math.max(...status.loops.map((loop, i) => (loop.busy_ns - before.loops[i].busy_ns) / 1e9 / seconds));
          say('t-busy', Math.min(100, Math.round(busy * 100)) + ' %', busy > 0.9);
        }

        function tell(sentence, isGood, title) {
          write($('ready'), sentence);
          dress($('ready'), 'pill ' + (isGood ? 'good' : 'bad'));
          document.body.classList.toggle('stale', !title);
          document.title = title || 'no answer · overhear';
        }

        function show(status) {
          const at = status.age_ms;
          // A younger relay answers than before: what it counts, and perhaps its numbers, began anew.
          if (at < oldest) {
            before = null;
            seen.clear();
          }
          oldest = at;
          marks = status.marks;
          const active = sum(status.routes, r => r.active), seconds = before ? (at - before.at) / 1000 : 0;
          const isSuspended = status.recorder.state === 'suspended';
          if (seconds > 0) showRates(status, seconds);
          say('t-sessions', count(active));
          say('t-recorder', status.recorder.state, isSuspended);
          say('t-lag', status.recorder.state === 'off' ? '–' : span(status.recorder.lag_ns / 1e9), status.recorder.lag_ns > 1e9);
          write($('up'), ' · up ' + age(at / 1000));
          tell(status.says, status.ready && !isSuspended, (status.ready ? isSuspended ? 'not recording · ' : '' : 'not ready · ') + count(active) + (active === 1 ? ' session' : ' sessions') + ' · overhear');
          charts();
          showRoutes(status, seconds);
          showRecorder(status.recorder);
          latest = status.sessions;
          const n = status.session_count;
          write($('sessions-note'), !latest.length ? active ? 'They appear within a second.' : 'Nobody is connected.' :
            (n > latest.length ? 'The ' + latest.length + ' that moved most, of ' + count(n) + '. ' : '') +
            'Bars show the bytes that wait to be sent: full at ' + bytes(marks.high) + ', where the other side is not read, until ' +
            bytes(marks.low) + ' are left. The mark is the highest so far.');
          showSessions();
          showMessages(status);
          before = {at, routes: status.routes, loops: status.loops};
        }

        async function ask() {
          const answer = await fetch('/status.json', {cache: 'no-store', signal: AbortSignal.timeout(5000)});
          if (!answer.ok) throw new Error(await answer.text());
          return answer.json();
        }

        async function turn() {
          try {
            if (paused || document.hidden) return;
            const status = await ask().catch(() => null);
            if (status) return show(status);
            if (!document.body.classList.contains('stale')) tell('no answer since ' + clock(Date.now()), false);
            before = null;
            charts();
          } finally {
            setTimeout(turn, 1000);
          }
        }
        $('pause').onclick = () => {
          paused = !paused;
          $('pause').setAttribute('aria-pressed', paused);
        };
        turn();
        """#
}

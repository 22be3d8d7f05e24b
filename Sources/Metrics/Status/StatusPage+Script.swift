extension StatusPage {
    static let script = #"""
        'use strict';
        const $ = id => document.getElementById(id);
        const SECONDS = 120, HIGH_WATER = 262144, KEPT = 200;
        const past = {messages: [[], []], bytes: [[], []]};
        const seen = new Set();
        let before = null, sortBy = 'bytes', descending = true, latest = [], paused = false, spoken = 0;

        const units = (n, step, names) => {
          let i = 0;
          while (Math.abs(n) >= step && i < names.length - 1) { n /= step; i++; }
          return (i && n < 100 ? n.toFixed(1) : Math.round(n)) + names[i];
        };
        const count = n => units(n, 1000, ['', ' k', ' M', ' G', ' T']);
        const bytes = n => units(n, 1024, [' B', ' KiB', ' MiB', ' GiB', ' TiB']);
        const span = s => s < 0.001 ? '0 s' : s < 1 ? Math.round(s * 1000) + ' ms' : s < 60 ? s.toFixed(1) + ' s' :
          s < 3600 ? Math.floor(s / 60) + ' min' : s < 86400 ? (s / 3600).toFixed(1) + ' h' : Math.floor(s / 86400) + ' d';
        const cell = (row, text, kind) => {
          const td = row.insertCell();
          td.textContent = text;
          if (kind) td.className = kind;
          return td;
        };
        const say = (id, text, bad) => { $(id).textContent = text; $(id).classList.toggle('bad', !!bad); };
        const sum = (list, of) => list.reduce((total, item) => total + of(item), 0);

        function chart(name, format) {
          const svg = $('c-' + name), lines = past[name];
          const top = Math.max(1, ...lines[0], ...lines[1]) * 1.1;
          const paths = lines.map((line, way) => {
            const path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
            const start = SECONDS - line.length + 1;
            path.setAttribute('class', way ? 'down' : 'up');
            path.setAttribute('d', line.map((v, i) =>
              (i ? 'L' : 'M') + ((start + i - 1) * 600 / (SECONDS - 1)).toFixed(1) + ' ' + (158 - v / top * 150).toFixed(1)).join(''));
            return path;
          });
          svg.replaceChildren(...paths);
          $('m-' + name).textContent = 'highest: ' + format(Math.max(...lines[0], ...lines[1], 0)) + '/s';
          if (Date.now() - spoken < 10000) return;
          const now = lines.map(line => format(line[line.length - 1] || 0));
          svg.setAttribute('aria-label', (name === 'bytes' ? 'Bytes received' : 'Messages') +
            ' per second: ' + now[0] + ' from clients, ' + now[1] + ' from servers');
        }

        const columns = [
          ['id', 'Session', 'n', s => s.id, (r, s) => cell(r, s.id, 'n')],
          ['route', 'Route', '', s => s.route, (r, s) => cell(r, s.route)],
          ['client', 'Client', '', s => s.client, (r, s) => cell(r, s.client || 'unix')],
          ['age', 'Age', 'n', s => -s.opened_ms, (r, s) => cell(r, span(Math.max(0, Date.now() - s.opened_ms) / 1000), 'n')],
          ['messages', 'Messages', 'n', s => s.messages[0] + s.messages[1], (r, s) => cell(r, count(s.messages[0] + s.messages[1]), 'n')],
          ['bytes', 'Bytes', 'n', s => s.bytes[0] + s.bytes[1], (r, s) => cell(r, bytes(s.bytes[0] + s.bytes[1]), 'n')],
          ['input', 'Unfinished', 'n', s => s.channels[0].input_bytes + s.channels[1].input_bytes,
            (r, s) => cell(r, bytes(s.channels[0].input_bytes + s.channels[1].input_bytes), 'n')],
          ['toClient', 'Waits for client', '', s => s.channels[0].fifo_bytes, (r, s) => bar(r, s.channels[0])],
          ['toServer', 'Waits for server', '', s => s.channels[1].fifo_bytes, (r, s) => bar(r, s.channels[1])],
        ];

        function bar(row, channel) {
          const td = row.insertCell(), track = document.createElement('span'), fill = document.createElement('i'), mark = document.createElement('u');
          track.className = channel.fifo_bytes > HIGH_WATER ? 'bar full' : 'bar';
          fill.style.width = Math.min(100, channel.fifo_bytes / HIGH_WATER * 100) + '%';
          mark.style.width = Math.min(99, channel.high_water_bytes / HIGH_WATER * 100) + '%';
          if (!channel.high_water_bytes) mark.hidden = true;
          track.append(fill, mark);
          td.append(track, bytes(channel.fifo_bytes) + (channel.paused ? ' · not read' : ''));
          td.title = channel.fifo_items + ' items; highest so far ' + bytes(channel.high_water_bytes) + ' of ' + bytes(HIGH_WATER);
        }

        for (const [key, title, kind] of columns) {
          const th = document.createElement('th'), button = document.createElement('button');
          th.scope = 'col';
          th.className = kind;
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

        function showSessions() {
          for (const th of $('sessions').tHead.rows[0].cells)
            if (th.dataset.key === sortBy) th.setAttribute('aria-sort', descending ? 'descending' : 'ascending');
            else th.removeAttribute('aria-sort');
          const value = columns.find(column => column[0] === sortBy)[3];
          const rows = [...latest].sort((a, b) => {
            const x = value(a), y = value(b), order = x < y ? -1 : x > y ? 1 : a.id - b.id;
            return descending ? -order : order;
          });
          const body = document.createElement('tbody');
          for (const session of rows) {
            const row = body.insertRow();
            for (const column of columns) column[4](row, session);
          }
          $('sessions').tBodies[0].replaceWith(body);
          $('sessions').hidden = !rows.length;
          $('no-sessions').hidden = !!rows.length;
        }

        function showRoutes(status, seconds) {
          const body = document.createElement('tbody');
          body.id = 'routes';
          status.routes.forEach((route, i) => {
            const old = before && before.routes[i], row = body.insertRow();
            cell(row, route.name); cell(row, route.listen); cell(row, route.upstream); cell(row, count(route.active), 'n');
            cell(row, old ? count((sum(route.messages, n => n) - sum(old.messages, n => n)) / seconds) : '–', 'n');
            cell(row, count(route.connect_errors), route.connect_errors ? 'n bad' : 'n');
          });
          $('routes').replaceWith(body);
        }

        function showRecorder(r) {
          const lines = [
            ['State', r.state], ['Recorded', count(r.messages) + ' messages'], ['Not recorded', count(r.unrecorded) + ' messages'],
            ['Waiting', bytes(r.queue_bytes) + ' of ' + bytes(r.queue_limit_bytes)], ['Lag', span(r.lag_ns / 1e9)],
            ['Database', bytes(r.database_bytes) + ' + ' + bytes(r.wal_bytes) + ' log' + (r.limit_bytes ? ', at most ' + bytes(r.limit_bytes) : '')],
            ['Goes back', r.oldest_ms ? span((Date.now() - r.oldest_ms) / 1000) : '–'],
          ];
          $('recorder').replaceChildren(...lines.flatMap(([term, text]) => {
            const dt = document.createElement('dt'), dd = document.createElement('dd');
            dt.textContent = term;
            dd.textContent = text;
            return [dt, dd];
          }));
        }

        function showMessages(status) {
          say('messages-note', status.shows_messages ? 'The first of each second; the beginning of each, with what is no printable ASCII written out.'
            : 'Not shown here: --status-messages on shows them.');
          const body = $('messages');
          for (const m of status.messages) {
            const key = m.session + ' ' + m.direction + ' ' + m.sequence;
            if (seen.has(key)) continue;
            seen.add(key);
            const row = body.insertRow(0);
            cell(row, new Date(m.at_ms).toTimeString().slice(0, 8));
            cell(row, m.session, 'n');
            cell(row, m.direction === 'upstream' ? '→ server' : '← client', m.direction === 'upstream' ? 'up' : 'down');
            cell(row, m.byte_count, 'n');
            cell(row, m.preview);
          }
          while (body.rows.length > KEPT) body.deleteRow(-1);
          if (seen.size > 5000) for (const key of [...seen].slice(0, 4000)) seen.delete(key);
        }

        function show(status) {
          const at = status.age_ms;
          say('t-sessions', count(sum(status.routes, r => r.active)));
          say('t-recorder', status.recorder.state, status.recorder.state === 'suspended');
          say('t-lag', span(status.recorder.lag_ns / 1e9), status.recorder.lag_ns > 1e9);
          $('ready').textContent = status.says;
          $('ready').className = 'pill ' + (status.ready && status.recorder.state !== 'suspended' ? 'good' : 'bad');
          const seconds = before ? (at - before.at) / 1000 : 0;
          if (before && seconds > 0) {
            const rate = (field, way) => Math.max(0, sum(status.routes, r => r[field][way]) - sum(before.routes, r => r[field][way])) / seconds;
            for (const way of [0, 1]) {
              for (const [line, field] of [[past.messages[way], 'messages'], [past.bytes[way], 'received_bytes']]) {
                line.push(rate(field, way));
                if (line.length > SECONDS) line.shift();
              }
            }
            const last = lines => sum(lines, line => line[line.length - 1]);
            say('t-messages', count(last(past.messages)));
            say('t-bytes', bytes(last(past.bytes)));
            const busy = Math.max(...status.loops.map((l, i) => (l.busy_ns - before.loops[i].busy_ns) / 1e9 / seconds));
            say('t-busy', Math.min(100, Math.round(busy * 100)) + ' %', busy > 0.9);
          }
          chart('messages', count);
          chart('bytes', bytes);
          if (Date.now() - spoken >= 10000) spoken = Date.now();
          showRoutes(status, seconds);
          showRecorder(status.recorder);
          latest = status.sessions;
          const n = status.session_count;
          $('sessions-note').textContent = n > latest.length ? 'the ' + latest.length + ' that moved most, of ' + count(n) : '';
          showSessions();
          showMessages(status);
          before = {at, routes: status.routes, loops: status.loops};
        }

        async function turn() {
          if (!paused && !document.hidden) {
            try {
              const answer = await fetch('/status.json', {cache: 'no-store'});
              if (!answer.ok) throw new Error(await answer.text());
              show(await answer.json());
            } catch (error) {
              $('ready').textContent = 'no answer: ' + error.message;
              $('ready').className = 'pill bad';
              before = null;
            }
          }
          setTimeout(turn, 1000);
        }
        $('pause').onclick = () => {
          paused = !paused;
          $('pause').setAttribute('aria-pressed', paused);
          $('pause').textContent = paused ? 'Go on' : 'Pause';
          before = null;
        };
        turn();
        """#
}

extension StatusPage {
    static let style = #"""
        :root{color-scheme:light dark;--ink:#1d2327;--soft:#57626a;--paper:#f7f6f2;--card:#fff;--line:#e0ddd4;
        --up:#0b7a75;--down:#b8541b;--bad:#b3261e;--good:#1b6e3c;--track:#ecebe5}
        @media (prefers-color-scheme:dark){:root{--ink:#e8e6e1;--soft:#a3adb4;--paper:#12161a;--card:#1a2025;
        --line:#2d363c;--up:#4fc3bb;--down:#f0955c;--bad:#ff8a80;--good:#7fd49a;--track:#2a3238}}
        *{box-sizing:border-box}
        body{margin:0;background:var(--paper);color:var(--ink);font:15px/1.5 system-ui,sans-serif;
        font-variant-numeric:tabular-nums}
        header,main,footer{max-width:80rem;margin:0 auto;padding:0 1.25rem}
        header{display:flex;flex-wrap:wrap;align-items:center;gap:.4rem .9rem;padding-top:1rem;padding-bottom:.75rem}
        h1{margin:0;font-size:1.6rem;letter-spacing:-.03em;color:var(--up)}
        h2{margin:0 0 .35rem;font-size:1rem}
        h2 .soft{font-weight:400;font-size:.85rem}
        .soft{color:var(--soft)}
        .pill{margin:0 auto 0 0;padding:.15rem .7rem;border-radius:1rem;border:1px solid currentColor;color:var(--soft)}
        .pill.good{color:var(--good)}.pill.bad{color:var(--bad)}
        button{font:inherit;color:inherit;background:none;border:1px solid var(--line);border-radius:.4rem;
        padding:.2rem .8rem;cursor:pointer}
        :focus-visible{outline:2px solid var(--up);outline-offset:2px}
        main{display:grid;gap:1rem}
        .tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(8.5rem,1fr));gap:.75rem}
        .tiles div,.card{background:var(--card);border:1px solid var(--line);border-radius:.6rem}
        .tiles div{padding:.6rem .9rem;display:grid}
        .tiles b{font-size:clamp(1.15rem,2.2vw,1.5rem);font-weight:600;line-height:1.25;white-space:nowrap}
        .tiles span{color:var(--soft);font-size:.85rem}
        .bad{color:var(--bad)}
        .card{padding:.8rem 1rem;min-width:0}
        .pair{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(26rem,100%),1fr));gap:1rem}
        svg{display:block;width:100%;height:8.5rem;border-bottom:1px solid var(--line)}
        path{fill:none;stroke-width:2;vector-effect:non-scaling-stroke;stroke-linejoin:round}
        path.up{stroke:var(--up)}path.down{stroke:var(--down);stroke-dasharray:6 3}
        .key{font-size:.8rem;color:var(--soft)}
        .key i{display:inline-block;width:1.6rem;border-top:2px solid var(--up);vertical-align:middle;margin:0 .3rem 0 0}
        .key i.down{border-top:2px dashed var(--down);margin-left:.8rem}
        .axis{display:flex;justify-content:space-between;margin:.25rem 0 0;font-size:.8rem}
        .scroll{overflow:auto}
        .tall{min-height:4rem;max-height:19rem}.some{max-height:24rem}
        table{border-collapse:collapse;width:100%;font-size:.875rem}
        th{text-align:left;font-weight:600;color:var(--soft);position:sticky;top:0;background:var(--card);white-space:nowrap}
        th button{border:0;padding:0;font-weight:600}
        th[aria-sort=ascending] button::after{content:" ▲";font-size:.7em}
        th[aria-sort=descending] button::after{content:" ▼";font-size:.7em}
        td,th{padding:.25rem .6rem .25rem 0;border-bottom:1px solid var(--line);vertical-align:middle}
        td{white-space:nowrap}
        .n{text-align:right}
        .n+th:not(.n),.n+td:not(.n){padding-left:.8rem}
        .mono td{font-family:ui-monospace,monospace;font-size:.8rem}
        .mono td:last-child,.mono th:last-child{width:100%}
        td.up{color:var(--up)}td.down{color:var(--down)}
        .bar{display:inline-block;position:relative;width:5.5rem;height:.6rem;border-radius:.3rem;background:var(--track);
        overflow:hidden;vertical-align:middle;margin-right:.5rem}
        .bar i{position:absolute;inset:0 auto 0 0;background:var(--up)}
        .bar u{position:absolute;inset:0 auto 0 0;border-right:2px solid var(--down)}
        .bar.full i{background:var(--bad)}
        dl{display:grid;grid-template-columns:auto 1fr;gap:.15rem 1rem;margin:0}
        dt{color:var(--soft)}dd{margin:0}
        footer{display:flex;flex-wrap:wrap;gap:.3rem 1.2rem;padding-top:1rem;padding-bottom:1.5rem;font-size:.875rem}
        a{color:var(--up)}
        .skip{position:absolute;left:-99rem}.skip:focus{left:1rem;top:.5rem;background:var(--card);padding:.4rem .8rem}
        """#
}

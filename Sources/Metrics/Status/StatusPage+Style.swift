extension StatusPage {
    static let style = #"""
        :root{color-scheme:light dark;--ink:#1d2327;--soft:#57626a;--paper:#f7f6f2;--card:#fff;--line:#e0ddd4;
        --up:#0b7a75;--down:#b8541b;--bad:#b3261e;--good:#1b6e3c;--track:#ecebe5;--edge:#8b9299}
        @media (prefers-color-scheme:dark){:root{--ink:#e8e6e1;--soft:#a3adb4;--paper:#12161a;--card:#1a2025;
        --line:#2d363c;--up:#4fc3bb;--down:#f0955c;--bad:#ff8a80;--good:#7fd49a;--track:#2a3238;--edge:#77828a}}
        *{box-sizing:border-box}
        body{margin:0;background:var(--paper);color:var(--ink);font:15px/1.5 system-ui,sans-serif;
        font-variant-numeric:tabular-nums}
        header,main,footer{max-width:80rem;margin:0 auto;padding:0 1.25rem}
        header{display:flex;flex-wrap:wrap;align-items:center;gap:.4rem .9rem;padding-top:1rem;padding-bottom:.75rem}
        h1{margin:0;font-size:1.6rem;letter-spacing:-.03em;color:var(--up)}
        h2{margin:0 0 .35rem;font-size:1rem}
        .soft{color:var(--soft)}
        .note{margin:0 0 .5rem;font-size:.85rem}
        .note:empty{display:none}
        .pill{margin:0 auto 0 0;padding:.15rem .7rem;border-radius:1rem;border:1px solid currentColor;color:var(--soft)}
        .pill.good{color:var(--good)}.pill.bad{color:var(--bad)}
        button{font:inherit;color:inherit;background:none;border:1px solid var(--edge);border-radius:.4rem;
        padding:.2rem .8rem;cursor:pointer}
        button[aria-pressed=true]{background:var(--ink);border-color:var(--ink);color:var(--paper)}
        :focus-visible{outline:2px solid var(--up);outline-offset:2px}
        main{display:grid;gap:1rem}
        .stale main{opacity:.6}
        .tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(8.5rem,1fr));gap:.75rem}
        .tiles div,.card{background:var(--card);border:1px solid var(--line);border-radius:.6rem}
        .tiles div{padding:.6rem .9rem;display:grid}
        .tiles b{font-size:clamp(1.15rem,2.2vw,1.5rem);font-weight:600;line-height:1.25;white-space:nowrap}
        .tiles span{color:var(--soft);font-size:.85rem}
        .bad{color:var(--bad)}
        .card{padding:.8rem 1rem;min-width:0}
        .pair{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(26rem,100%),1fr));gap:1rem}
        @media (min-width:60rem){.uneven{grid-template-columns:minmax(0,5fr) minmax(0,3fr)}}
        .chart{position:relative;font-size:.8rem;line-height:1.3}
        .chart span,.chart i{position:absolute;left:0;font-style:normal;background:var(--card);padding-right:.4rem}
        .chart .up{top:0;color:var(--up)}.chart .down{bottom:0;color:var(--down)}
        .chart i{left:auto;right:0;top:0;padding:0 0 0 .4rem}
        svg{display:block;width:100%;height:10.5rem}
        path{fill:none;stroke-width:1.75;vector-effect:non-scaling-stroke;stroke-linejoin:round}
        path.up{stroke:var(--up)}path.down{stroke:var(--down)}
        path.area{stroke:none;opacity:.16}path.up.area{fill:var(--up)}path.down.area{fill:var(--down)}
        path.rule{stroke:var(--line);stroke-width:1}path.zero{stroke:var(--edge);stroke-width:1}
        .axis{display:flex;justify-content:space-between;margin:.25rem 0 0;font-size:.8rem}
        .scroll{overflow:auto}
        .tall{max-height:19rem}.some{max-height:24rem}
        table{border-collapse:collapse;width:100%;font-size:.875rem}
        th{text-align:left;font-weight:600;color:var(--soft);position:sticky;top:0;background:var(--card);white-space:nowrap;
        z-index:1}
        th button{border:0;padding:0;font-weight:600}
        th[aria-sort=ascending] button::after{content:" ▲";font-size:.7em}
        th[aria-sort=descending] button::after{content:" ▼";font-size:.7em}
        td,th{padding:.25rem .6rem .25rem 0;border-bottom:1px solid var(--line);vertical-align:middle}
        td{white-space:nowrap}
        #routes td:not(.n){white-space:normal;overflow-wrap:anywhere}
        .n{text-align:right}
        @media (min-width:44.01rem){.n+th:not(.n),.n+td:not(.n){padding-left:.8rem}}
        .none{color:var(--soft)}
        .mono td{font-family:ui-monospace,monospace;font-size:.8rem}
        .mono td:last-child,.mono th:last-child{width:100%}
        td.up{color:var(--up)}td.down{color:var(--down)}
        .bar{display:inline-block;position:relative;width:5.5rem;height:.6rem;border-radius:.3rem;background:var(--track);
        overflow:hidden;vertical-align:middle;margin-right:.5rem}
        .bar i{position:absolute;inset:0 auto 0 0;background:var(--up)}
        .bar u{position:absolute;inset:0 auto 0 0;border-right:2px solid var(--down)}
        .bar u.low{border-right:1px solid var(--edge)}
        .bar.full i{background:var(--bad)}
        dl{display:grid;grid-template-columns:auto 1fr;gap:.15rem 1rem;margin:0}
        dt{color:var(--soft)}dd{margin:0}
        dd .bar{width:7rem}
        footer{display:flex;flex-wrap:wrap;gap:.3rem 1.2rem;padding-top:1rem;padding-bottom:1.5rem;font-size:.875rem}
        a{color:var(--up)}
        .skip{position:absolute;left:-99rem}.skip:focus{left:1rem;top:.5rem;background:var(--card);padding:.4rem .8rem}
        @media (max-width:44rem){
        header,main,footer{padding-left:.8rem;padding-right:.8rem}
        header>.soft{margin-right:auto}.pill{order:1;margin:0}
        main{gap:.75rem}.tiles{gap:.5rem;grid-template-columns:repeat(auto-fit,minmax(6.6rem,1fr))}
        .tiles div{padding:.45rem .6rem}.tiles b{font-size:1.1rem}dd .bar{width:4.5rem}
        .folds,.folds thead,.folds tbody{display:block}
        .folds thead:not(.sorts){position:absolute;clip-path:inset(50%);width:1px;height:1px;overflow:hidden}
        .folds tr{display:flex;flex-wrap:wrap;gap:.1rem .8rem;padding:.45rem 0;border-bottom:1px solid var(--line)}
        .folds td,.folds th{border:0;padding:0;position:static}
        .folds td[data-before]::before{content:attr(data-before);color:var(--soft)}
        .folds td[data-after]::after{content:attr(data-after);color:var(--soft)}
        .folds td.n.none{display:none}
        .sorts tr{align-items:baseline;gap:.3rem}.sorts tr::before{content:"Sort by";color:var(--soft)}
        .sorts button{border:1px solid var(--edge);border-radius:1rem;padding:0 .6rem;font-size:.8rem;font-weight:400}
        .sorts [aria-sort] button{color:var(--ink);border-color:currentColor;font-weight:600}
        td.wide{flex-basis:100%}td.wide::before{display:inline-block;min-width:4.8rem}
        .mono td:last-child{white-space:normal;overflow-wrap:anywhere;flex-basis:100%}
        #routes td:first-child{font-weight:600}
        .some,.tall{max-height:30rem}
        }
        @media (forced-colors:active){.bar{border:1px solid}.bar i,.bar.full i{background:Highlight;forced-color-adjust:none}}
        """#
}

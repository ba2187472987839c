"""Medians of all runs: as text, as JSON, and the ratios to Postfix as SVG."""
import json
import statistics
import textwrap

PALETTE = {"pombo": "#1f77b4", "postfix": "#888888", "opensmtpd": "#e6a23c", "exim4": "#67a06b",
           "sendmail": "#b07aa1", "dovecot": "#888888", "dovecot-fast": "#b5b5b5", "popa3d": "#d1605e"}


def load(path):
    """{(workload, system): [figures of a run, ...]}, in the order of the first runs."""
    rows = {}
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            rows.setdefault((row["work"], row["system"]), []).append(row)
    return rows


def derive(row):
    """A run's figures that are compared."""
    out = {k: v for k, v in row.items()
           if k.endswith(("_s", "_ms", "_kib")) or k in ("sessions", "transactions", "overflows", "resumed")}
    if row.get("done") and row.get("total_s"):
        out["per_s"] = row["done"] / row["total_s"]
    if row.get("done"):
        out["cpu_ms"] = 1000 * row["cpu_s"] / row["done"]
    return out


def medians(rows):
    table = {}
    for (work, system), runs in rows.items():
        good = [derive(run) for run in runs if "error" not in run]
        cell = {"runs": len(good), "errors": [run["error"] for run in runs if "error" in run]}
        for key in sorted({k for run in good for k in run}):
            cell[key] = statistics.median(run[key] for run in good if key in run)
        table.setdefault(work, {})[system] = cell
    return table


def number(value):
    if value is None:
        return "-"
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def best_peer(cells, key, is_more_better):
    found = [(cell[key], name) for name, cell in cells.items() if name != "pombo" and key in cell]
    if not found:
        return None
    return max(found) if is_more_better else min(found)


def ratio(cells, key, name):
    """pombo's figure over that of system NAME, or None."""
    ours, theirs = cells.get("pombo", {}).get(key), cells.get(name, {}).get(key)
    return ours / theirs if ours and theirs else None


EXTRA = [("retrieve_ms", "RETR ms"), ("login_s", "log-in s"), ("list_s", "list s"), ("first_s", "first s"),
         ("median_ms", "median ms"), ("rest_ms", "after the last was accepted ms"), ("group_kib", "KiB in all"), ("sessions", "sessions"), ("resumed", "resumed"), ("transactions", "transactions"),
         ("pss_kib", "KiB each"), ("kernel_kib", "kernel KiB"), ("disk_kib", "disk KiB"),
         ("overflows", "overflows")]


def as_text(table):
    lines = []
    for work, cells in table.items():
        lines.append(f"\n{work}")
        lines.append(f"  {'system':<11}{'runs':>5}{'total s':>10}{'a second':>10}{'CPU ms':>9}  more")
        for name, cell in cells.items():
            extra = ", ".join(f"{label} {number(cell[key])}" for key, label in EXTRA if cell.get(key))
            lines.append(f"  {name:<11}{cell['runs']:>5}{number(cell.get('total_s')):>10}"
                         f"{number(cell.get('per_s')):>10}{number(cell.get('cpu_ms')):>9}  {extra}")
            lines += textwrap.wrap("; ".join(cell["errors"]), 90, initial_indent="    failed: ",
                                   subsequent_indent="    ")
        rate, cpu = best_peer(cells, "per_s", True), best_peer(cells, "cpu_ms", False)
        if "pombo" in cells and rate and cpu:
            lines.append(f"  pombo: {number(cells['pombo'].get('per_s', 0) / rate[0])} x the rate of the "
                         f"fastest ({rate[1]}), {number(cells['pombo'].get('cpu_ms', 0) / cpu[0])} x the "
                         f"CPU of the thriftiest ({cpu[1]})")
    return "\n".join(lines) + "\n"


def as_svg(table):
    """A bar for each system: its rate over pombo's, so that pombo is 1."""
    rows = [(work, cells) for work, cells in table.items() if "per_s" in cells.get("pombo", {})]
    parts, y = [], 40
    for work, cells in rows:
        parts.append(f'<text x="10" y="{y + 11}" font-weight="bold">{work}</text>')
        y += 16
        for name, cell in cells.items():
            if "per_s" not in cell:
                continue
            share = cell["per_s"] / cells["pombo"]["per_s"]
            width = min(share, 2) * 220
            parts.append(f'<rect x="110" y="{y}" width="{width:.0f}" height="11" fill="{PALETTE.get(name, "#aaa")}"/>'
                         f'<text x="100" y="{y + 10}" text-anchor="end">{name}</text>'
                         f'<text x="{115 + width:.0f}" y="{y + 10}">{share:.2f}</text>')
            y += 14
        y += 8
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="620" height="{y + 10}" font-family="sans-serif" '
            f'font-size="11"><rect width="100%" height="100%" fill="white"/><text x="10" y="22" font-size="14">'
            f'Rate beside pombo\'s (1.00), medians</text>{"".join(parts)}</svg>\n')


def write(results, folder):
    """Writes report.txt, report.json and report.svg into FOLDER; returns the text."""
    table = medians(load(results))
    text = as_text(table)
    with open(folder + "/report.txt", "w", encoding="utf-8") as out:
        out.write(text)
    with open(folder + "/report.json", "w", encoding="utf-8") as out:
        json.dump(table, out, indent=1)
    with open(folder + "/report.svg", "w", encoding="utf-8") as out:
        out.write(as_svg(table))
    return text

"""Lines of a day's results of TLS, as qsend counts them (tlsreport/dayline.h)."""
import queuefile


def line(domain, reports, result, count):
    fields = [str(count), domain, reports, "insecure", result, "mx." + domain, "192.0.2.1", "192.0.2.2", "why"]
    text = "\t".join(fields).encode()
    return b"%08x\t%s\n" % (queuefile.crc32c(text), text)

"""Certificates of a test's own, made by openssl: an authority, and what it issues."""

import pathlib
import subprocess


def openssl(*arguments):
    done = subprocess.run(["openssl", *map(str, arguments)], capture_output=True, text=True,
                          timeout=60, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"openssl {arguments[0]}: {done.stderr}")


class Authority:
    """Issues certificates for this machine; all files are PEM, keys as PKCS #8."""

    def __init__(self, folder, name="authority"):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.name = name
        self.certificate = self.folder / f"{name}.pem"
        self.key = self.folder / f"{name}.key"
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
                "-nodes", "-days", "2", "-subj", f"/CN={name}", "-keyout", self.key, "-out",
                self.certificate)

    def issue(self, name, hosts="IP:127.0.0.1,DNS:localhost"):
        """The paths of a certificate, good for servers and clients, and its key."""
        certificate = self.folder / f"{self.name}-{name}.pem"
        key = certificate.with_suffix(".key")
        request = certificate.with_suffix(".csr")
        extensions = certificate.with_suffix(".ext")
        openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                "-subj", f"/CN={name}", "-keyout", key, "-out", request)
        extensions.write_text(f"subjectAltName={hosts}\n"
                              "extendedKeyUsage=serverAuth,clientAuth\n", encoding="ascii")
        openssl("x509", "-req", "-in", request, "-CA", self.certificate, "-CAkey", self.key,
                "-CAcreateserial", "-days", "1", "-extfile", extensions, "-out", certificate)
        return certificate, key

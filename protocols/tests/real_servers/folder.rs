//! What a server is given: pages, certificates, a configuration.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tempfile::TempDir;

/// Whom a server's certificate is for, if it is to be believed.
pub(crate) const NAMES: &[&str] = &["localhost", "127.0.0.1"];

/// A server-side include of which nothing is seen; because of it the server cannot know the length.
const SILENT: &[u8] = b"<!--#set var=\"end\" value=\"here\" -->";

/// A temporary folder with the pages in `site`, `server.pem`, `server.key`, and `authority.pem`.
pub(crate) struct Folder(TempDir);

impl Folder {
    pub(crate) fn certified_for(names: &[&str]) -> Folder {
        let folder = Folder(tempfile::tempdir().unwrap());
        // A server that was started by root may read its pages as another user.
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        folder.write_site();
        folder.write_certificates(names);
        folder
    }

    fn write_site(&self) {
        fs::create_dir_all(self.file("site/moved")).unwrap();
        let pages: [(&str, &[u8]); 5] = [
            ("small.txt", b"hello\n"),
            ("large.txt", &large_page()),
            ("empty.txt", b""),
            ("last.txt", b"last\n"),
            ("chunked.shtml", &[large_page(), SILENT.to_vec()].concat()),
        ];
        for (name, page) in pages {
            self.write(&format!("site/{name}"), page);
        }
    }

    fn write_certificates(&self, names: &[&str]) {
        let authority = authority();
        let key = KeyPair::generate().unwrap();
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let server = CertificateParams::new(names).unwrap().signed_by(&key, &authority).unwrap();
        self.write("authority.pem", authority.pem());
        self.write("server.pem", server.pem());
        self.write("server.key", key.serialize_pem());
    }

    pub(crate) fn write(&self, name: &str, contents: impl AsRef<[u8]>) {
        fs::write(self.file(name), contents).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.file(name)).unwrap_or_default()
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.path().join(name)
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }
}

/// An authority that nobody has heard of.
pub(crate) fn authority() -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

/// A page of 1 MB.
pub(crate) fn large_page() -> Vec<u8> {
    (0..125_000).flat_map(|line| format!("{line:07}\n").into_bytes()).collect()
}

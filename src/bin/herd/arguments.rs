//! What is typed behind `herd`.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use herd::config::{Config, Environment};

use crate::Failure;

/// The application server herd: location reports from mobile clients, flooded among five servers.
#[derive(Parser)]
#[command(version, args_conflicts_with_subcommands = true, arg_required_else_help = true)]
pub(crate) struct Arguments {
    /// The server to run: Alford, Ball, Hamilton, Holiday or Welsh, unless configured otherwise
    #[arg(value_name = "SERVER")]
    pub(crate) server: Option<String>,

    #[command(flatten)]
    pub(crate) config: ConfigArguments,

    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Reads the configuration, says what is wrong or what is in effect, starts nothing
    Check,
}

/// Where the configuration comes from: flags win over environment over file.
#[derive(Args, Clone)]
pub(crate) struct ConfigArguments {
    /// The configuration file [default: herd.toml, if there is one]
    #[arg(long, value_name = "FILE", global = true)]
    pub(crate) config: Option<PathBuf>,

    /// Sets one key, as in --set log.traffic=false; may be repeated
    #[arg(long, value_name = "KEY=VALUE", global = true)]
    pub(crate) set: Vec<String>,

    /// Where logs and the herd's key are kept (the key herd.dir)
    #[arg(long, value_name = "FOLDER", global = true)]
    pub(crate) dir: Option<String>,
}

impl ConfigArguments {
    pub(crate) fn load(&self) -> Result<Config, Failure> {
        let dir = self.dir.iter().map(|dir| format!("herd.dir={dir}"));
        let flags: Vec<String> = self.set.iter().cloned().chain(dir).collect();
        Config::load(self.config.as_deref(), &Environment::of_process(), &flags).map_err(Failure::usage)
    }
}

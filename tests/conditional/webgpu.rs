//! WebGPU: every module compiles in Chromium, whose compiler Tint is stricter than naga, and on a device with the default limits.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use gradsweep::internals::gpu::composed_modules;
use libtest_mimic::{Completion, Trial};
use serde_json::{Value, json};

/// The tests of this file.
pub fn trials() -> Vec<Trial> {
    vec![crate::trial(concat!(module_path!(), "::every_module_compiles_in_chromium_without_messages"), || match chromium() {
        Some(program) => {
            every_module_compiles_in_chromium_without_messages(&program);
            Completion::Completed
        }
        None => crate::missing("GRADSWEEP_REQUIRE_WEBGPU", "chromium was not found in PATH"),
    })]
}

/// The page: compiles each module, creates two pipelines of training with the default limits, and posts the messages of the compiler. Each pipeline takes
/// several seconds.
const PAGE: &str = r"<!doctype html><script>
async function compile() {
    const modules = await (await fetch('/modules')).json();
    const adapter = await navigator.gpu.requestAdapter();
    const device = await adapter.requestDevice();
    const messages = [];
    for (const { name, source, entry_point } of modules) {
        const module = device.createShaderModule({ code: source });
        for (const { type, lineNum, message } of (await module.getCompilationInfo()).messages) {
            messages.push(`${name}, line ${lineNum}: ${type}: ${message}`);
        }
        if (name.startsWith('train adam')) {
            const compute = { module, entryPoint: entry_point };
            await device.createComputePipelineAsync({ layout: 'auto', compute }).catch((error) => messages.push(`${name}: ${error}`));
        }
    }
    return { compiled: modules.length, messages };
}
compile().catch((error) => ({ error: String(error) })).then((result) => fetch('/result', { method: 'POST', body: JSON.stringify(result) }));
</script>";

/// The time after which the test fails. Compilation takes about ten seconds on two idle cores.
const TIMEOUT: Duration = Duration::from_secs(600);

fn chromium() -> Option<PathBuf> {
    let folders: Vec<PathBuf> = std::env::split_paths(&std::env::var_os("PATH")?).collect();
    let names = ["chromium", "chromium-browser", "google-chrome"];
    names.iter().flat_map(|name| folders.iter().map(move |folder| folder.join(name))).find(|path| path.is_file())
}

fn every_module_compiles_in_chromium_without_messages(program: &PathBuf) {
    // The planted module shows that the page reports messages.
    let planted = json!({ "name": "planted", "source": "fn f() -> u32 { return 1u; return 2u; }", "entry_point": "" });
    let modules = composed_modules();
    let own = modules.iter().map(|own| json!({ "name": own.name, "source": own.source, "entry_point": own.entry_point }));
    let all: Vec<Value> = own.chain([planted]).collect();
    let result = result_of_page(program, &Value::from(all).to_string());
    assert_eq!(result["compiled"], modules.len() + 1, "{result}");
    let messages: Vec<&str> = result["messages"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    let (planted, own): (Vec<&str>, Vec<&str>) = messages.iter().partition(|message| message.starts_with("planted"));
    assert!(planted.concat().contains("unreachable"), "the planted module has no message: {planted:?}");
    assert!(own.is_empty(), "{} messages, the first ones:\n{}", own.len(), own[..own.len().min(5)].join("\n"));
}

/// Ends the browser.
struct Browser(Child);

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Serves the page and its modules on a local port, opens it in a headless browser, and returns what the page posts.
fn result_of_page(program: &PathBuf, modules: &str) -> Value {
    let profile = tempfile::tempdir().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = listener.local_addr().unwrap();
    let mut command = Command::new(program);
    command.args(["--headless", "--no-sandbox", "--no-first-run", "--remote-debugging-port=0", "--enable-unsafe-webgpu"]);
    // The watchdog ends a GPU process that gets too little time on a busy machine.
    command.args(["--use-webgpu-adapter=swiftshader", "--disable-gpu-watchdog"]);
    command.arg(format!("--user-data-dir={}", profile.path().display()));
    let browser = command.arg(format!("http://{address}/")).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let _browser = Browser(browser);
    let begun = Instant::now();
    loop {
        assert!(begun.elapsed() < TIMEOUT, "the page posted no result within {TIMEOUT:?}");
        match listener.accept() {
            Ok((stream, _)) => {
                if let Some(result) = answer(&stream, modules) {
                    return serde_json::from_str(&result).unwrap();
                }
            }
            Err(_) => std::thread::sleep(Duration::from_millis(20)),
        }
    }
}

/// Answers one request; returns the body of a POST.
fn answer(stream: &TcpStream, modules: &str) -> Option<String> {
    stream.set_nonblocking(false).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    let mut reader = BufReader::new(stream);
    let mut request = String::new();
    reader.read_line(&mut request).ok()?;
    let mut length = 0;
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).ok()?;
        if header.trim().is_empty() {
            break;
        }
        if let Some((name, value)) = header.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().unwrap();
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let is_result = request.starts_with("POST");
    let (kind, content) = match request.split(' ').nth(1) {
        Some("/modules") => ("application/json", modules),
        Some("/") => ("text/html; charset=utf-8", PAGE),
        _ => ("text/plain", ""),
    };
    let head = format!("HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", content.len());
    let mut stream = stream;
    stream.write_all(&[head.as_bytes(), content.as_bytes()].concat()).ok()?;
    is_result.then(|| String::from_utf8(body).unwrap())
}

import { render } from 'preact';
import { App } from './app.js';
import { vsCodeHost } from './state/host.js';
import { listeningStore } from './listeningStore.js';
import './styles/base.css';
import './frame/frame.css';
import './frame/map.css';
import './frame/sidePane.css';
import './frame/layers.css';
import './frame/narrow.css';

const root = document.getElementById('root');
if (root) render(<App store={listeningStore(vsCodeHost())} />, root);
